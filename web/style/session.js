// Tells before a session ends, and extends it when asked (WCAG 2.2.1).  The server decides; this only counts.

const box = document.getElementById("countdown");
const text = document.getElementById("countdown-text");
const said = document.getElementById("countdown-said");
const extend = box.querySelector("[data-extend-now]");
const signIn = box.querySelector("[data-sign-in]");
const token = document.querySelector("meta[name=csrf-token]").content;
const warning = Number(box.dataset.warning);
const channel = "BroadcastChannel" in window ? new BroadcastChannel("kagimori-session") : null;

let left = Number(box.dataset.left);
let ends = Date.now() + left * 1000;
let final = false;
let spoken = "";

function words(seconds) {
  if (final) return box.dataset.final;
  if (seconds > 60) return box.dataset.minutes.replace("{n}", Math.ceil(seconds / 60));
  return box.dataset.seconds.replace("{n}", Math.max(0, seconds));
}

/** Say it aloud when it first appears, at every minute and at thirty seconds, not at every second. */
function speak(seconds) {
  const due = seconds > 60 ? `${Math.ceil(seconds / 60)}m` : seconds > 30 ? "60" : "30";
  if (due !== spoken) said.textContent = words(seconds);
  spoken = due;
}

function over() {
  text.textContent = said.textContent = box.dataset.over;
  box.hidden = false;
  extend.hidden = true;
  signIn.hidden = false;
  signIn.search = new URLSearchParams({ next: location.pathname + location.search });
  clearInterval(ticking);
}

function tick() {
  const seconds = Math.round((ends - Date.now()) / 1000);
  if (seconds <= 0) return over();
  if (seconds > warning) {
    box.hidden = true;
    spoken = "";
    return;
  }
  box.hidden = false;
  text.textContent = words(seconds);
  speak(seconds);
}

/** Take over what the server says is left; nothing grows beyond the day's own limit. */
function restart(seconds) {
  final = seconds <= warning;
  ends = Date.now() + seconds * 1000;
  extend.hidden = final;
  tick();
}

extend.addEventListener("click", async () => {
  try {
    const answer = await fetch(box.dataset.extend, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
      redirect: "error",
    });
    if (!answer.ok) return over();
    const { left: seconds } = await answer.json();
    restart(seconds);
    channel?.postMessage({ left: seconds });
  } catch {
    tick(); // no connection: the count goes on
  }
});

channel?.addEventListener("message", (event) => restart(event.data.left));
channel?.postMessage({ left });
const ticking = setInterval(tick, 1000);
addEventListener("pageshow", tick);
document.addEventListener("visibilitychange", tick);
