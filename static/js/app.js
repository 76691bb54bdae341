// The behavior every page shares: keys, the folding menu, dialogs, focus on errors, one submit per form, printing.
// Driven by data- attributes; no page has a script of its own in it.
(() => {
  "use strict";
  const KEYS_OFF = "trustledger.keys.off";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // --- keys -----------------------------------------------------------------------------------------------------
  const keysAreOff = () => localStorage.getItem(KEYS_OFF) === "1";
  const isTyping = (node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName);
  let pending = "";
  let timer = 0;

  function useShortcut(target) {
    if (isTyping(target)) {
      target.focus();
      target.select?.();
    } else {
      target.click();
    }
  }

  function listShortcuts(dialog) {
    const list = dialog.querySelector("[data-shortcut-list]");
    const rows = [["?", "Show this list"], ["Esc", "Close, or leave a list"]];
    all("[data-shortcut]").forEach((node) => {
      rows.push([node.dataset.shortcut, node.dataset.shortcutLabel || node.textContent.trim()]);
    });
    list.replaceChildren(...rows.map(([keys, label]) => {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      keys.split(" ").forEach((key) => {
        const kbd = document.createElement("kbd");
        kbd.textContent = key;
        term.append(kbd, " ");
      });
      text.textContent = label;
      row.append(term, text);
      return row;
    }));
    dialog.querySelector("[data-shortcut-switch]").checked = !keysAreOff();
  }

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    if (id === "shortcuts") listShortcuts(dialog);
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") all("details[data-menu][open]").forEach((menu) => closeMenu(menu));
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") || keysAreOff()) return;
    if (event.key === "?") {
      event.preventDefault();
      openDialog("shortcuts");
      return;
    }
    const typed = pending ? `${pending} ${event.key}` : event.key;
    const nodes = all("[data-shortcut]");
    const target = nodes.find((node) => node.dataset.shortcut === typed);
    clearTimeout(timer);
    pending = "";
    if (target) {
      event.preventDefault();
      useShortcut(target);
    } else if (nodes.some((node) => node.dataset.shortcut.startsWith(`${typed} `))) {
      pending = typed;
      timer = setTimeout(() => { pending = ""; }, 1500);
    }
  });

  // --- menus, folding, dialogs, printing, copying ---------------------------------------------------------------
  function closeMenu(menu) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.querySelector("[data-copied]")?.removeAttribute("hidden");
  }

  document.addEventListener("click", (event) => {
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const button = event.target.closest("[data-toggle],[data-dialog],[data-print],[data-dismiss],[data-copy]");
    if (!button) return;
    if ("print" in button.dataset) window.print();
    if ("dismiss" in button.dataset) button.closest(".alert").remove();
    if ("copy" in button.dataset) copy(button);
    if (button.dataset.dialog) openDialog(button.dataset.dialog);
    if (button.dataset.toggle) {
      const shown = document.getElementById(button.dataset.toggle).classList.toggle("show");
      button.setAttribute("aria-expanded", String(shown));
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcut-switch]")) {
      localStorage.setItem(KEYS_OFF, event.target.checked ? "0" : "1");
    }
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // --- one submit per form ----------------------------------------------------------------------------------------
  // The server answers a repeated key with the first result; this only spares people the doubt.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    all("button[type=submit]", form).forEach((button) => button.setAttribute("aria-busy", "true"));
  });

  function allowAgain(form) {
    delete form.dataset.sent;
    all("[aria-busy]", form).forEach((button) => button.removeAttribute("aria-busy"));
  }

  window.addEventListener("pageshow", () => all("form[data-sent]").forEach(allowAgain));

  // --- focus ------------------------------------------------------------------------------------------------------
  function takeFocus(root) {
    const wanted = ["[data-error-summary]", "[data-focus]", "[data-focus-first] :is(input, select, textarea):not([type=hidden], [hidden])"];
    wanted.map((selector) => root.querySelector(selector)).find(Boolean)?.focus();
  }

  // --- htmx -------------------------------------------------------------------------------------------------------
  function say(sentence) {
    const alert = document.createElement("div");
    alert.className = "alert tl-alert tl-alert-bad";
    alert.textContent = sentence;
    document.getElementById("messages")?.replaceChildren(alert);
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (form) allowAgain(form);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.isConnected) takeFocus(event.detail.elt);
  });
  document.addEventListener("htmx:sendError", () => {
    say("The server could not be reached. What you typed is still here; send it again, it cannot count twice.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const id = event.detail.xhr.getResponseHeader("X-Request-ID");
    say(`Something went wrong and nothing was written. Send it again; if it stays, give this number to support: ${id || "-"}`);
  });

  document.addEventListener("DOMContentLoaded", () => takeFocus(document));
})();
