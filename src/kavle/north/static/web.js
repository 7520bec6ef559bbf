// The little that the pages do by themselves; each works without it.

// A form whose choices are made by selecting sends itself: the button stays for who has no script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form) form.requestSubmit();
});

// What can't be undone is asked for once more, in the button's own words.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// What must not be done twice by a second click: its button is dead until the next page, or until one comes back.
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-once]") && !event.defaultPrevented) event.submitter?.setAttribute("disabled", "");
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-once] button[disabled]")) button.removeAttribute("disabled");
});

// Files that are too many octets are told of before they are sent.
document.addEventListener("change", (event) => {
  const { most, tooLarge } = event.target.dataset;
  if (!most) return;
  const size = [...event.target.files].reduce((sum, file) => sum + file.size, 0);
  event.target.setCustomValidity(size > Number(most) ? tooLarge : "");
  event.target.reportValidity();
});

// A piece of a page that may no longer be asked for: its session has ended, or the gateway is away.
document.addEventListener("htmx:responseError", () => document.body.classList.add("stale"));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.body.classList.remove("stale");
});
