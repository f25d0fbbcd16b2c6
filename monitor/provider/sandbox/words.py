"""Names and texts of the sandbox's shops and products. Every brand and shop is invented."""

from typing import NamedTuple

from monitor.provider.sandbox.chance import hexadecimal


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


class Category(NamedTuple):
    """A kind of shop. `nouns` are products with their usual price ('磨毛衬衫¥109'), `choices`
    a buyer's options.

    `outline` draws a product of its kind: a path of SVG in a square of 100.
    """

    name: str
    cid: int
    nouns: tuple[str, ...]
    styles: tuple[str, ...]
    points: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    facts: dict[str, tuple[str, ...]]
    outline: str
    audience: str = ""


WOMEN = Category(
    name="女装",
    cid=20005,
    nouns=words(
        "碎花连衣裙¥159 磨毛衬衫¥109 针织开衫¥129 "
        "牛仔裤¥119 双面呢大衣¥599 半身裙¥99 短款羽绒服¥439 小香风外套¥229"
    ),
    styles=words("法式复古 慵懒风 通勤简约 新中式 韩系宽松 高级感 温柔 设计感小众"),
    points=words("收腰显瘦 叠穿百搭 垂感不起皱 遮肉显高 亲肤不扎 加绒保暖 洋气减龄 大码可穿"),
    choices={
        "颜色分类": words("米杏色 雾霾蓝 卡其色 珍珠白 燕麦色 酒红色 炭灰色"),
        "尺码": words("S(建议100斤内) M(建议100-113斤) L(建议113-125斤) XL(建议125-140斤)"),
    },
    outline="M40 16h20l5 15-7 9 14 44H28l14-44-7-9z",
    facts={
        "面料材质": words("聚酯纤维 棉 粘胶纤维 羊毛混纺 天丝"),
        "图案": words("纯色 碎花 格纹 条纹"),
    },
    audience="女",
)
PACKAGING = Category(
    name="包装耗材",
    cid=20114,
    nouns=words(
        "快递纸箱¥39 气泡袋¥25 封箱胶带¥22 珠光膜快递袋¥35 热敏标签纸¥25 手提礼品袋¥32 蜂窝纸卷¥45"
    ),
    styles=words("加厚 特硬 可定制 环保可降解 防水"),
    points=words("电商打包专用 厂家直发 整包更省 粘性强 量大从优 抗压耐摔"),
    choices={
        "尺寸": words("12号130×80×90mm 9号195×105×135mm 6号260×150×180mm"),
        "数量": words("50个 100个 500个"),
    },
    outline="M20 35l30-14 30 14v34L50 83 20 69zM20 35l30 14 30-14M50 49v34",
    facts={"材质": words("瓦楞纸 PE BOPP 铜版纸"), "产地": words("浙江温州 河北沧州 广东东莞")},
)
SNACKS = Category(
    name="零食/坚果/特产",
    cid=20026,
    nouns=words(
        "每日坚果¥59 手撕牛肉干¥59 山楂棒¥15 蛋黄酥¥29 "
        "麻辣海带丝¥15 冻干草莓脆¥29 黑芝麻丸¥39 柠檬鸡爪¥29"
    ),
    styles=words("办公室 儿时味道 手工现做 低糖 独立小包装 农家"),
    points=words("解馋追剧必备 孕妇儿童可吃 整箱装 送礼佳品 酥脆不腻 无添加蔗糖 坏果包赔"),
    choices={
        "口味": words("原味 香辣 五香 海盐 藤椒"),
        "净含量": words("250g尝鲜装 500g家庭装 1000g囤货装"),
    },
    outline="M28 18h44l5 64H23zM27 31h46M40 50h20",
    facts={
        "保质期": words("90天 180天 365天"),
        "产地": words("山东临沂 安徽黄山 四川绵阳 内蒙古通辽"),
    },
)
HOUSEHOLD = Category(
    name="居家日用",
    cid=20057,
    nouns=words(
        "抽屉收纳盒¥22 加厚垃圾袋¥19 洗脸巾¥25 免打孔置物架¥45 保温杯¥69 "
        "洗衣凝珠¥39 四件套¥169 静音挂钟¥69"
    ),
    styles=words("日式 加厚 ins风 奶油色 大容量 家用"),
    points=words("承重强不变形 厨房卫生间通用 宿舍神器 整箱更划算 可水洗 防滑耐脏"),
    choices={"颜色": words("奶油白 浅灰 抹茶绿 透明"), "数量": words("1件 3件装 6件装 整箱12件")},
    outline="M24 26h42v38a13 13 0 0 1-13 13H37a13 13 0 0 1-13-13zM66 34h7a9 9 0 0 1 0 20h-7",
    facts={"材质": words("PP 竹纤维 304不锈钢 纯棉"), "产地": words("浙江义乌 广东揭阳 福建泉州")},
)


class Seller(NamedTuple):
    """A shop. `scale` is its highest score (5 or 100), `quality` the usual share of it."""

    brand: str
    name: str
    company: str
    category: Category
    scale: int
    quality: float

    @property
    def shop_id(self) -> str:
        return "s" + hexadecimal(6, self.brand)


#: In the demo the first shop is the merchant's own, the next two are rivals, and the next two
#: suppliers.
SELLERS = (
    Seller("岫云织", "岫云织女装旗舰店", "杭州岫云织服饰有限公司", WOMEN, 100, 0.92),
    Seller("棠小梨", "棠小梨精品女装店", "黄岛区棠小梨服饰店", WOMEN, 100, 0.89),
    Seller("半帘月", "半帘月女装店", "广州市半帘月商贸有限公司", WOMEN, 5, 0.962),
    Seller("禾锦织造", "禾锦织造源头工厂店", "海宁市禾锦织造有限公司", WOMEN, 100, 0.86),
    Seller("叠叠纸", "叠叠纸品包装厂", "苍南县叠叠纸品厂", PACKAGING, 5, 0.948),
    Seller("山果阿匠", "山果阿匠零食铺", "临沂山果阿匠食品有限公司", SNACKS, 100, 0.9),
    Seller("屋里添喜", "屋里添喜家居日用", "义乌市添喜日用品商行", HOUSEHOLD, 5, 0.958),
)
SEASONS = words("春夏新款 秋冬新款 早秋上新 四季款 今年新款 当季爆款")
HEADLINES = (
    "【{brand}】",
    "【直播专享】",
    "{brand} ",
    "【{brand}官方】",
    "【限时福利】",
    "「{brand}」",
    "",
    "【新品首发】",
)
