// Sends the one form of a page that only carries somebody on; without it the button does.

document.querySelector("form[data-onward]").requestSubmit();
