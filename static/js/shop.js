// The little that htmx does not do. Every page works without this file.

// --- Theme: "system", "light" or "dark", remembered in this browser ---------------

const root = document.documentElement;

function markTheme() {
  const chosen = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-shop-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.shopTheme === chosen));
  }
}

function chooseTheme(theme) {
  if (theme === "system") {
    delete root.dataset.theme;
  } else {
    root.dataset.theme = theme;
  }
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Then it holds for this page only.
  }
  markTheme();
}

// --- Fields that matter only when another one has a certain value -----------------

function showFieldsInForce() {
  for (const field of document.querySelectorAll("[data-shop-when]")) {
    const [name, value] = field.dataset.shopWhen.split("=");
    const other = field.form.elements[name];
    field.closest("[data-shop-field]").hidden = other.value !== value;
  }
}

// --- Menus close when something else is clicked, and on Escape --------------------

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-shop-menu][open]")) {
    if (!menu.contains(except)) {
      menu.open = false;
    }
  }
}

function boxes(form, name) {
  return [...form.elements].filter((each) => each.name === name);
}

async function copy(button) {
  const name = button.dataset.shopCopyTicked;
  const ticked = name ? boxes(button.form, name).filter((each) => each.checked) : [];
  const text = name ? ticked.map((each) => each.value).join(", ") : button.dataset.shopCopy;
  await navigator.clipboard.writeText(text);
  button.querySelector("[data-shop-copied]").hidden = text === "";
}

// --- One box that ticks all others, and a list that stands still while some are ticked

document.addEventListener("change", (event) => {
  const name = event.target.dataset.shopTick;
  if (name) {
    for (const box of boxes(event.target.form, name)) {
      box.checked = event.target.checked;
    }
  }
});

// Only what the list asks for by itself: a search is what somebody wants to see.
function isHeld(asking, region) {
  return (
    asking === region &&
    region.matches("[data-shop-hold]") &&
    region.querySelector("input:checked, details[open]") !== null
  );
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isHeld(event.detail.elt, event.detail.target)) {
    event.preventDefault();
  }
});

// What was ticked while the answer was on its way.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isHeld(event.detail.requestConfig.elt, event.detail.target)) {
    event.detail.shouldSwap = false;
  }
});

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const theme = event.target.closest("[data-shop-theme]");
  if (theme) {
    chooseTheme(theme.dataset.shopTheme);
  }
  const copied = event.target.closest("[data-shop-copy]");
  if (copied) {
    copy(copied);
  }
  const fill = event.target.closest("[data-shop-fill]");
  if (fill) {
    for (const [name, value] of new URLSearchParams(fill.dataset.shopFill)) {
      document.querySelector(`[name="${name}"]`).value = value;
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  const menu = document.activeElement?.closest("details[data-shop-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

// --- Choosing a service by keys: / to search, arrows through what was found --------

function moveThroughResults(event) {
  const picker = event.target.closest("[data-shop-picker]");
  if (!picker || !["ArrowDown", "ArrowUp"].includes(event.key)) {
    return;
  }
  const stops = [...picker.querySelectorAll("[data-shop-search], [data-shop-result]")];
  const next = stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
  // Of a list of categories the arrows are its own.
  if (stops.includes(event.target) && stops[next]) {
    event.preventDefault();
    stops[next].focus();
  }
}

document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-shop-search]");
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && search && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.closest("details")?.setAttribute("open", "");
    search.focus();
  }
  moveThroughResults(event);
});

// What was chosen is gone to: its heading, so that no phone opens its keyboard.
document.addEventListener("htmx:load", (event) => {
  const goal = event.target.querySelector("[data-shop-arrival]");
  if (goal && event.target !== document.body) {
    goal.focus({ preventScroll: true });
    if (goal.getBoundingClientRect().top > innerHeight / 2) {
      event.target.scrollIntoView();
    }
    showFieldsInForce();
  }
});

document.addEventListener("change", showFieldsInForce);

// Told by allauth's scripts: a passkey was refused, or its window was closed.
document.addEventListener("allauth.error", (event) => {
  const trouble = document.querySelector("[data-shop-passkey-trouble]");
  if (trouble) {
    trouble.hidden = false;
    event.preventDefault();
  }
});

markTheme();
showFieldsInForce();
