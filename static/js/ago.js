// Times told as "5 min ago" stay right on an open page, by the server's clock and in the words of the page.

const { ago } = document.body.dataset;
const words = ago && JSON.parse(ago);
/** By how much the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

/** Midnights between then and now, on the clock whose offset from UTC `when` ends with. */
function daysSince(when) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(when) ?? ["", "+", 0, 0];
  const shift = (sign === "-" ? -60_000 : 60_000) * (60 * hours + Number(minutes));
  const day = (at) => Math.floor((at + shift) / 86_400_000);
  return day(Date.now() + ahead) - day(Date.parse(when));
}

function say(when) {
  const minutes = Math.floor((Date.now() + ahead - Date.parse(when)) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes >= 30 * 24 * 60) return when.slice(0, 10);
  const [unit, count] =
    minutes < 60 ? ["min", minutes] : minutes < 1440 ? ["h", Math.floor(minutes / 60)] : ["day", daysSince(when)];
  return words[unit][count === 1 ? 0 : 1].replace("%(n)d", count);
}

export function tellTimes() {
  for (const time of words ? document.querySelectorAll("time[datetime]:not([data-lasts])") : []) {
    const text = say(time.dateTime);
    // A selection that goes across it stays.
    if (time.textContent !== text) time.firstChild.data = text;
  }
}

/** Takes the time of an answer; clocks that differ by less than half a minute count as equal. */
export function setClock(date) {
  const differs = Date.parse(date) - Date.now();
  ahead = Math.abs(differs) > 30_000 ? differs : 0;
}
