// Builds static/icons.svg, the sprite of all icons that the pages use: `npm run icons`.
// To use another icon, add its name in @tabler/icons here, run it, and commit both files.
import { readFileSync, writeFileSync } from "node:fs";

const OUTLINE = [
  "alert-triangle",
  "arrow-back-up",
  "arrow-down-right",
  "arrow-up-right",
  "ban",
  "bell",
  "bell-off",
  "building-store",
  "chart-bar",
  "chart-line",
  "check",
  "checks",
  "chevron-down",
  "chevron-left",
  "chevron-right",
  "circle-check",
  "circle-dashed",
  "circle-x",
  "clipboard",
  "clock",
  "coin",
  "columns",
  "device-desktop",
  "device-floppy",
  "device-mobile",
  "dots",
  "download",
  "external-link",
  "eye",
  "filter",
  "help",
  "history",
  "hourglass",
  "inbox",
  "key",
  "keyboard",
  "language",
  "list-details",
  "logout",
  "mail",
  "mail-off",
  "minus",
  "moon",
  "package",
  "package-off",
  "pencil",
  "photo",
  "player-pause",
  "player-play",
  "plug-connected-x",
  "plus",
  "refresh",
  "search",
  "settings",
  "shield-check",
  "sort-ascending",
  "sort-descending",
  "star",
  "sun",
  "sunrise",
  "tag",
  "trash",
  "truck",
  "upload",
  "user",
  "x",
  "zoom-reset",
];

const root = new URL("..", import.meta.url);

function symbol(name) {
  const source = readFileSync(
    new URL(`node_modules/@tabler/icons/icons/outline/${name}.svg`, root),
    "utf8",
  );
  const shapes = source
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<svg[\s\S]*?>/, "")
    .replace("</svg>", "")
    .replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    .replace(/\s*\n\s*/g, "")
    .trim();
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
  );
}

const sprite = [
  '<svg xmlns="http://www.w3.org/2000/svg">',
  "<!-- Icons by Tabler (https://tabler.io/icons), MIT licence. Built by config/icons.mjs. -->",
  ...OUTLINE.toSorted().map(symbol),
  "</svg>",
];
writeFileSync(new URL("static/icons.svg", root), `${sprite.join("\n")}\n`);
console.log(`${OUTLINE.length} icons written to static/icons.svg`);
