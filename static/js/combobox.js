// A text field that offers what it knows while one types (ARIA 1.2 combobox with a list box).
//
// <input name="matter" data-combobox="/matters/options" ...>
//   The page answers GET ?q=typed with {"results": [{"value": "2026-0142", "label": "Smith v. Jones", "detail": "…"}]}.
//   Choosing puts `value` into the field, so the form sends what a person could have typed: without JavaScript it is a
//   plain text field and the server finds the matter by its number.
// <select name="payee" data-combobox> keeps its options; typing filters them; the select stays the field that is sent.
(() => {
  "use strict";
  let counter = 0;

  const matches = (text, typed) => typed.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

  function localSource(select) {
    const rows = Array.from(select.options).filter((option) => option.value).map((option) => ({
      value: option.value, label: option.textContent.trim(), detail: option.dataset.detail || "",
    }));
    return async (typed) => rows.filter((row) => matches(`${row.label} ${row.detail}`, typed)).slice(0, 50);
  }

  function remoteSource(url) {
    let controller = null;
    return async (typed) => {
      controller?.abort();
      controller = new AbortController();
      const address = `${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(typed)}`;
      const answer = await fetch(address, { signal: controller.signal, headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).results : [];
    };
  }

  class Combobox {
    constructor(field) {
      counter += 1;
      this.select = field.tagName === "SELECT" ? field : null;
      this.input = this.select ? this.inputFor(field) : field;
      this.source = this.select ? localSource(field) : remoteSource(field.dataset.combobox);
      this.rows = [];
      this.active = -1;
      this.timer = 0;
      this.stale = false; // what was typed is not yet what the list answers to
      this.choosing = false; // Enter or Tab came before the answer: take its first row when it is here
      this.chosen = this.input.value;
      this.build();
      this.listen();
    }

    inputFor(select) {
      const input = document.createElement("input");
      input.type = "text";
      input.className = select.className.replace("form-select", "form-control");
      ["aria-describedby", "aria-invalid", "placeholder"].forEach((name) => {
        if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
      });
      input.id = select.id;
      select.id = `${select.id}_value`;
      input.value = select.selectedIndex >= 0 && select.value ? select.options[select.selectedIndex].textContent.trim() : "";
      select.hidden = true;
      select.after(input);
      return input;
    }

    build() {
      this.list = document.createElement("ul");
      this.list.id = `combobox-${counter}`;
      this.list.className = "tl-options";
      this.list.setAttribute("role", "listbox");
      const label = document.querySelector(`label[for="${this.input.id}"]`);
      this.list.setAttribute("aria-label", label ? label.textContent.trim() : "Suggestions");
      this.list.hidden = true;
      this.hint = document.createElement("output");
      this.hint.className = "tl-chosen";
      this.hint.setAttribute("for", this.input.id);
      const wrapper = document.createElement("div");
      wrapper.className = "tl-combobox";
      const hadFocus = document.activeElement === this.input;
      this.input.before(wrapper);
      wrapper.append(this.input, this.list, this.hint);
      if (hadFocus) this.input.focus(); // moving it took the focus away
      const attributes = {
        role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false",
        "aria-controls": this.list.id, spellcheck: "false",
      };
      Object.entries(attributes).forEach(([name, value]) => this.input.setAttribute(name, value));
      if (!this.select) this.hint.textContent = this.input.dataset.comboboxLabel || "";
    }

    listen() {
      this.input.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.hint.textContent = "";
        this.stale = true;
        this.choosing = false;
        this.timer = setTimeout(() => this.ask(), this.select ? 0 : 120);
      });
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => {
        clearTimeout(this.timer);
        this.leave();
      });
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const option = event.target.closest("[role=option]");
        if (option) this.choose(Number(option.dataset.index));
      });
    }

    async ask() {
      clearTimeout(this.timer);
      const typed = this.input.value.trim();
      let rows;
      try {
        rows = await this.source(typed);
      } catch (error) {
        if (error.name === "AbortError") return;
        this.stale = this.choosing = false;
        this.close();
        return;
      }
      if (this.input.value.trim() !== typed) return; // typed on: another answer is on its way
      this.rows = rows;
      this.stale = false;
      if (this.choosing && rows.length) this.choose(this.best());
      else if (document.activeElement === this.input) this.open();
      this.choosing = false;
    }

    wording(row) {
      return this.select ? row.label : row.value;
    }

    // The row that was typed in full, else the first.
    best() {
      const typed = this.input.value.trim().toLowerCase();
      return Math.max(0, this.rows.findIndex((row) => this.wording(row).toLowerCase() === typed));
    }

    open() {
      this.list.replaceChildren(...this.rows.map((row, index) => this.option(row, index)));
      if (!this.rows.length) {
        const none = document.createElement("li");
        none.className = "tl-option-none";
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = "Nothing found";
        this.list.append(none);
      }
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.move(this.rows.length ? this.best() : -1);
    }

    option(row, index) {
      const item = document.createElement("li");
      item.id = `${this.list.id}-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.index = String(index);
      const name = document.createElement("strong");
      name.textContent = row.label;
      item.append(name);
      if (!this.select) item.append(" ", this.quiet(row.value, "tl-mono"));
      if (row.detail) item.append(this.quiet(row.detail, "tl-option-detail"));
      return item;
    }

    quiet(text, name) {
      const node = document.createElement("span");
      node.className = name;
      node.textContent = text;
      return node;
    }

    move(index) {
      this.active = index;
      this.list.querySelectorAll("[role=option]").forEach((item, at) => {
        item.setAttribute("aria-selected", String(at === index));
        if (at === index) item.scrollIntoView({ block: "nearest" });
      });
      if (index >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
      else this.input.removeAttribute("aria-activedescendant");
    }

    choose(index) {
      const row = this.rows[index];
      if (!row) return;
      this.input.value = this.wording(row);
      this.chosen = this.input.value;
      if (this.select) this.set(row.value);
      else this.hint.textContent = row.detail ? `${row.label} · ${row.detail}` : row.label;
      this.close();
      this.input.dispatchEvent(new CustomEvent("combobox:chosen", { bubbles: true, detail: row }));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    set(value) {
      this.select.value = value;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
      this.active = -1;
    }

    // Leaving the field keeps what was typed; a select falls back to what was chosen last, or to nothing.
    leave() {
      this.close();
      if (!this.select || this.input.value === this.chosen) return;
      if (!this.input.value.trim()) {
        this.chosen = "";
        this.set("");
      } else {
        this.input.value = this.chosen;
      }
    }

    key(event) {
      const isOpen = !this.list.hidden;
      const last = this.rows.length - 1;
      if ((event.key === "Enter" || event.key === "Tab") && this.stale && this.input.value.trim()) {
        if (event.key === "Enter") event.preventDefault();
        this.choosing = true;
        this.ask();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!isOpen) this.ask();
        else if (event.key === "ArrowDown") this.move(this.active >= last ? 0 : this.active + 1);
        else this.move(this.active <= 0 ? last : this.active - 1);
      } else if (event.key === "Escape" && isOpen) {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      } else if (event.key === "Enter" && isOpen && this.active >= 0) {
        event.preventDefault();
        this.choose(this.active);
      } else if (event.key === "Tab" && isOpen && this.active >= 0 && this.input.value.trim()) {
        this.choose(this.active);
      }
    }
  }

  function enhance(root) {
    root.querySelectorAll("input[data-combobox]:not([role=combobox]), select[data-combobox]:not([hidden])")
      .forEach((field) => new Combobox(field));
  }

  document.addEventListener("DOMContentLoaded", () => enhance(document));
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt.parentElement || event.detail.elt));
})();
