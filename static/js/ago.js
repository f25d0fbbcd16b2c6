// Times told as "5 min ago" stay right on an open page, by the server's clock and in the words of the page.

const { ago } = document.body.dataset;
const words = ago && JSON.parse(ago);
/** By how much the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

function say(when) {
  const minutes = Math.floor((Date.now() + ahead - Date.parse(when)) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes >= 30 * 24 * 60) return when.slice(0, 10);
  const [unit, length] = minutes < 60 ? ["min", 1] : minutes < 1440 ? ["h", 60] : ["day", 1440];
  const count = Math.floor(minutes / length);
  return words[unit][count === 1 ? 0 : 1].replace("%(n)d", count);
}

export function tellTimes() {
  for (const time of words ? document.querySelectorAll("time[datetime]") : []) {
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
