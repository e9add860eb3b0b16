// Small conveniences on every page; each page works without them.

/** Put the reader where something must be read first: the summary of what is wrong, if there is one. */
document.querySelector("[data-focus]")?.focus();

/** Where the way through the site is too long for the screen, show the part where the reader is. */
for (const item of document.querySelectorAll(".ways__item[aria-current], .desk-ways__item[aria-current]")) {
  item.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Let whoever typed a secret look at it. */
for (const box of document.querySelectorAll("[data-secret]")) {
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    input.focus();
  });
  input.form?.addEventListener("submit", () => {
    input.type = "password"; // so that no browser remembers it as a text
  });
}

/** Copy what stands in an element: <button data-copy="ID" data-done="写しました">. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const lines = source.matches("ul, ol") ? [...source.children].map((each) => each.textContent.trim()) : [source.textContent.trim()];
    await navigator.clipboard.writeText(lines.join("\n"));
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 3000);
  });
}

/** Print: <button data-print hidden>. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/** An open menu closes by Escape, and when the reader goes elsewhere. */
for (const menu of document.querySelectorAll("[data-menu]")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

/** One click, one deed: a form that is under way is not sent twice; one that is answered by a file stays as it is. */
for (const form of document.querySelectorAll("form[method=post]:not([data-download])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
