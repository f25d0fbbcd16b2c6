// Keeps times such as "5 min ago" right on an open page, by the server's clock, in the page's language.

const { ago } = document.body.dataset;
const words = ago && JSON.parse(ago);
/** How far the server's clock is ahead of this one, in milliseconds. */
let aheadMs = 0;

/** Midnights between `when` and now, in the time zone whose offset `when` ends with. */
function daysSince(when) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(when) ?? ["", "+", 0, 0];
  const shift = (sign === "-" ? -60_000 : 60_000) * (60 * hours + Number(minutes));
  const day = (at) => Math.floor((at + shift) / 86_400_000);
  return day(Date.now() + aheadMs) - day(Date.parse(when));
}

function ageInWords(when) {
  const minutes = Math.floor((Date.now() + aheadMs - Date.parse(when)) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes >= 30 * 24 * 60) return when.slice(0, 10);
  const [unit, count] =
    minutes < 60
      ? ["min", minutes]
      : minutes < 1440
        ? ["h", Math.floor(minutes / 60)]
        : ["day", daysSince(when)];
  return words[unit][count === 1 ? 0 : 1].replace("%(n)d", count);
}

export function updateTimes() {
  for (const time of words ? document.querySelectorAll("time[datetime]:not([data-lasts])") : []) {
    const text = ageInWords(time.dateTime);
    // Changing the text node in place keeps a selection that spans it.
    if (time.textContent !== text) time.firstChild.data = text;
  }
}

/** Sets the server's clock from a `Date` header. A difference below half a minute is ignored. */
export function setClock(date) {
  const difference = Date.parse(date) - Date.now();
  aheadMs = Math.abs(difference) > 30_000 ? difference : 0;
}
