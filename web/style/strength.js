// How strong a new password looks, while it is typed.  The server judges; nothing is kept.

const PAUSE = 300;
const token = document.querySelector("meta[name=csrf-token]").content;
const input = document.querySelector("[data-strength]");
const meter = document.querySelector("[data-meter]");
let waiting = 0;
let asked = 0;

input?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(judge, PAUSE);
});

async function judge() {
  asked += 1;
  const mine = asked;
  if (!input.value) {
    show({ score: 0, label: "", problems: [] });
    return;
  }
  try {
    const response = await fetch(input.dataset.strength, {
      method: "POST",
      headers: { "X-CSRFToken": token, "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ password: input.value }),
    });
    if (response.ok && mine === asked) show(await response.json());
  } catch {
    meter.hidden = true; // no connection: the page judges when it is sent
  }
}

function show({ score, label, problems }) {
  const said = meter.querySelector(".strength__said");
  meter.hidden = !label && !problems.length;
  meter.dataset.score = String(score);
  said.replaceChildren(
    ...(problems.length ? problems : [label]).map((line) => {
      const words = document.createElement("p");
      words.textContent = line;
      return words;
    }),
  );
}
