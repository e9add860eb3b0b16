// A privileged use on the page: counts down, asks how it stands, says that its witness is there, and hides a secret again.
// The server decides; this only shows.  Every page works without it, by its buttons.

const token = document.querySelector("meta[name=csrf-token]").content;
const use = document.querySelector("[data-use]");
const BEAT = 15_000;
const TICK = 1_000;

/** What is left: <p data-ends="SECONDS" data-long="あと{h}時間{m}分" data-short="あと{m}分{s}秒" data-over="…">. */
for (const place of document.querySelectorAll("[data-ends]")) {
  const ends = Date.now() + Number(place.dataset.ends) * 1000;
  const said = document.querySelector("[data-ends-said]");
  let spoken = "";
  const tick = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    place.textContent = words(place, left);
    place.classList.toggle("left__time--short", left <= 300);
    const due = left === 0 ? "0" : left <= 60 ? "1" : left <= 300 ? "5" : left <= 600 ? "10" : "";
    if (said && due !== spoken) said.textContent = due ? words(place, left) : "";
    spoken = due;
    if (left === 0) clearInterval(ticking);
  };
  const ticking = setInterval(tick, TICK);
  tick();
}

function words(place, left) {
  if (left === 0) return place.dataset.over;
  const [h, m, s] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60), left % 60];
  return (h ? place.dataset.long : place.dataset.short).replace("{h}", h).replace("{m}", m).replace("{s}", s);
}

/** Ask how it stands, and draw the page anew when that changed; a page that shows a secret stays until it is over. */
async function ask() {
  const { ask: address, stamp, stays, every } = use.dataset;
  const told = await answered(() => fetch(address, { headers: { Accept: "application/json" }, redirect: "error" }));
  if (told && (stays === undefined ? told.stamp !== stamp : told.over)) return location.replace(use.dataset.page);
  setTimeout(ask, Number(every));
}

/** Say that the witness is there. */
async function beat() {
  const headers = { "X-CSRFToken": token, Accept: "application/json" };
  const told = await answered(() => fetch(use.dataset.beat, { method: "POST", headers, redirect: "error" }));
  if (told?.over) return location.replace(use.dataset.page);
  setTimeout(beat, BEAT);
}

/** What the server said, or nothing while it cannot be reached, which the page tells; signed out: to the door. */
async function answered(asked) {
  const lost = document.querySelector("[data-lost]");
  try {
    const answer = await asked();
    if (answer.status === 401) location.replace(use.dataset.page);
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    lost.hidden = true;
    return told;
  } catch {
    lost.hidden = false;
    return null;
  }
}
if (use) setTimeout(ask, Number(use.dataset.every));
if (use?.dataset.beat) beat();

/** A secret that was shown once is gone from the page by a button, after a while, and when the page is left. */
const secret = document.querySelector("[data-once]");
if (secret) {
  history.replaceState(null, "", use.dataset.page); // to reload it, or to come back to it, is to look at the use
  const hide = () => {
    secret.textContent = secret.dataset.hidden;
    for (const button of document.querySelectorAll("[data-copy], [data-hide-once]")) button.hidden = true;
  };
  const button = document.querySelector("[data-hide-once]");
  button.hidden = false;
  button.addEventListener("click", hide);
  setTimeout(hide, Number(secret.dataset.once) * 1000);
  addEventListener("pagehide", hide);
}
