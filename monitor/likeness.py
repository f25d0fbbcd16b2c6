"""Pure: which products are like mine, scored by plain weights, with the reasons. Prices are in
fen."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Any

#: The most that same words, a near price, and the same specification and attributes add to a score.
WORDS_WEIGHT, PRICE_WEIGHT, FACTS_WEIGHT = 50, 30, 20
#: A price this far from mine, in percent of it, adds nothing.
FAR_PERCENT = 50
#: From this score on a product is proposed.
LIKELY = 50
#: A word counts more if few titles have it. This many titles without words are added, so that a
#: short list works, too.
TITLES_MORE = 10
#: What products are, by the words of their titles, with other words for the same after a stroke.
_KINDS = """
    连衣裙/dress 半身裙/skirt 旗袍 汉服 衬衫/衬衣/shirt/blouse T恤 卫衣/hoodie
    毛衣/针织衫/开衫/sweater/cardigan 马甲 吊带 外套/夹克/jacket 大衣/coat 风衣 西装 羽绒服/棉服
    皮衣 牛仔裤/jeans 短裤/shorts 内裤 文胸 睡衣/家居服 泳衣 袜子/丝袜 帽子
    休闲裤/运动裤/阔腿裤/打底裤/西裤/trousers 围巾 手套 腰带 领带 运动鞋/板鞋/帆布鞋/sneakers 凉鞋
    拖鞋 靴子/短靴/boots 高跟鞋 双肩包/backpack 单肩包/斜挎包/手提包 钱包 行李箱 项链 耳环 戒指 手链
    手表 墨镜 口红 粉底液 面膜 精华液 面霜 防晒霜 洗面奶 洗发水 沐浴露 香水 牙膏 牙刷
    洗衣液/洗衣凝珠 纸巾/抽纸 洗脸巾 毛巾 浴巾 垃圾袋 收纳盒/收纳箱 置物架 保温杯/水杯 饭盒 炒锅
    砧板 四件套 被子 枕头 床垫 窗帘 地毯 挂钟 台灯 雨伞 手机壳 充电器 数据线 充电宝 耳机 音箱 键盘
    鼠标 纸箱 气泡袋 快递袋 礼品袋 胶带 标签纸 坚果 牛肉干 蛋黄酥 鸡爪 饼干 巧克力 薯片 面包 蛋糕
    茶叶 咖啡 牛奶 酸奶 蜂蜜 大米 面条 食用油
"""
KINDS = {word.lower(): kind for kind in _KINDS.split() for word in kind.split("/")}
#: Latin words and numbers as a whole; runs of other characters, such as Chinese ones, are compared
#: by their parts.
_PIECES = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared. `facts` are names of the specification and attributes, each with a
    value."""

    title: str
    price: int | None
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` is out of 100; `apart`: how far the price is from mine, in percent, None if it is far
    or not known."""

    score: int
    words: tuple[str, ...]
    apart: int | None
    facts: tuple[str, ...]

    @property
    def is_likely(self) -> bool:
        return self.score >= LIKELY


def most_alike(mine: Traits, others: Mapping[int, Traits]) -> dict[int, Likeness]:
    """Return how much each of the others, by its key, is like mine, the most alike first.

    The one whose words are most like mine gets all of `WORDS_WEIGHT`. Those without a word of mine
    are left out, and those whose title says that they are something else."""
    words = {
        key: same for key, other in others.items() if (same := same_words(mine.title, other.title))
    }
    having = Counter(word for same in words.values() for word in same)
    all_titles = len(others) + TITLES_MORE
    rarity = {
        word: (log(all_titles / count) / log(all_titles)) ** 2 for word, count in having.items()
    }
    kinds = kinds_of(mine.title)
    theirs = {key: kinds_of(others[key].title) for key in words}
    words = {
        key: same
        for key, same in words.items()
        if not (kinds and theirs[key]) or kinds & theirs[key]
    }
    worth = {key: sum(len(word) * rarity[word] for word in same) for key, same in words.items()}
    most = max(worth.values(), default=0)
    alike = {
        key: _likeness(mine, others[key], same, worth[key] / most) for key, same in words.items()
    }
    return dict(sorted(alike.items(), key=lambda item: (-item[1].score, item[0])))


def _likeness(mine: Traits, other: Traits, words: tuple[str, ...], worth: float) -> Likeness:
    score = round(WORDS_WEIGHT * worth)
    apart = None
    if mine.price and other.price:
        # Rounded up: 'within 12%' holds.
        apart = -(-abs(other.price - mine.price) * 100 // mine.price)
        score += PRICE_WEIGHT * max(0, FAR_PERCENT - apart) // FAR_PERCENT
    facts = tuple(sorted(mine.facts & other.facts))
    if mine.facts:
        score += FACTS_WEIGHT * len(facts) // len(mine.facts)
    return Likeness(
        score, words, apart if apart is not None and apart < FAR_PERCENT else None, facts
    )


def kinds_of(title: str) -> frozenset[str]:
    """Return what a title says the product is, as values of `KINDS`; a word within a longer one
    does not count."""
    small = title.lower()
    latin = set(_PIECES.findall(small))
    found = [word for word in KINDS if word in small and (word in latin or not word.isascii())]
    return frozenset(
        KINDS[word] for word in found if not any(word != other and word in other for other in found)
    )


def same_words(mine: str, other: str) -> tuple[str, ...]:
    """Return the words of my title that another has too: Latin words, and the longest common parts
    of others, of two characters or more, each character of mine once."""
    theirs = _PIECES.findall(other.lower())
    words: dict[str, None] = {}
    for piece in _PIECES.findall(mine.lower()):
        if piece.isascii():
            if piece in theirs and len(piece) > 1 and not piece.isdigit():
                words[piece] = None
            continue
        start = 0
        while start < len(piece) - 1:
            end = start + 1
            while end < len(piece) and any(piece[start : end + 1] in text for text in theirs):
                end += 1
            if end - start > 1:
                words[piece[start:end]] = None
            start = end
    return tuple(words)


def facts_of(content: Mapping[str, Any]) -> frozenset[str]:
    """Return each value of the specification and the attributes with its name."""
    pairs: Iterable[tuple[str, Any]] = [
        *(content.get("specification") or ()),
        *(content.get("attributes") or ()),
    ]
    return frozenset(
        f"{name} {value}"
        for name, values in pairs
        for value in ([values] if isinstance(values, str) else values)
    )
