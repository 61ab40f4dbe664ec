"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  all(".needs-script").forEach((e) => (e.hidden = false));

  // Dark or light, whatever the system says.
  const root = document.documentElement;
  all("[data-theme-switch]").forEach((button) =>
    button.addEventListener("click", () => {
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    }),
  );

  // Sorting: a button in each head; bodies move, so that a row keeps what unfolds beneath it.
  const key = (body, column, numeric) => {
    const cell = body.rows[0].cells[column];
    return numeric ? Number(cell.dataset.value) : cell.textContent;
  };
  all("table.sorted").forEach((table) => {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      if (!head.dataset.sort) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numeric = head.dataset.sort === "number";
        const first = numeric ? "descending" : "ascending";
        const other = numeric ? "ascending" : "descending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const bodies = [...table.tBodies].map((body) => [key(body, column, numeric), body]);
        bodies.sort(([a], [b]) => sign * (numeric ? a - b : a.localeCompare(b)));
        table.append(...bodies.map(([, body]) => body));
      });
    });
  });

  // Searching: sites that hold every word.
  all("[data-search]").forEach((input) => {
    const section = input.closest("section");
    const found = section.querySelector("[data-found]");
    const bodies = all("table.sorted > tbody", section);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      bodies.forEach((body) => {
        const name = body.rows[0].cells[0].textContent.toLowerCase();
        body.hidden = !words.every((word) => name.includes(word));
        shown += body.hidden ? 0 : 1;
      });
      found.textContent = words.length ? `${shown} of ${bodies.length} sites` : "";
    });
  });

  // Boxes of the call tree: a box is within another where it stands beneath it.
  const depth = (box) => Number(box.dataset.depth);
  const span = (box) => [Number(box.dataset.from), Number(box.dataset.from) + Number(box.dataset.share)];
  const within = (inner, outer) =>
    depth(inner) > depth(outer) && span(inner)[0] >= span(outer)[0] - 1e-6 && span(inner)[1] <= span(outer)[1] + 1e-6;

  // The call tree: a chosen box takes the full width, its callers too; Escape shows all. The tree is one stop of the tab key.
  all("svg.icicle").forEach((chart) => {
    const boxes = all(":scope > svg", chart);
    const width = chart.viewBox.baseVal.width;
    const zoom = (from, share) =>
      boxes.forEach((box) => {
        const left = (Number(box.dataset.from) - from) / share;
        const right = left + Number(box.dataset.share) / share;
        const [a, b] = [Math.max(left, 0), Math.min(right, 1)];
        box.setAttribute("x", a * width);
        box.setAttribute("width", Math.max(b - a, 0) * width);
        box.classList.toggle("gone", b - a <= 1e-6);
      });
    const stop = (box) => boxes.forEach((each) => each.setAttribute("tabindex", each === box ? 0 : -1));
    const choose = (box) => {
      zoom(Number(box.dataset.from), Number(box.dataset.share));
      stop(box);
    };
    const seen = (test) => boxes.filter((box) => !box.classList.contains("gone") && test(box));
    const beside = (box) => seen((other) => depth(other) === depth(box));
    const ways = {
      ArrowDown: (box) => seen((other) => depth(other) === depth(box) + 1 && within(other, box))[0],
      ArrowUp: (box) => seen((other) => depth(other) === depth(box) - 1 && within(box, other))[0],
      ArrowRight: (box) => beside(box)[beside(box).indexOf(box) + 1],
      ArrowLeft: (box) => beside(box)[beside(box).indexOf(box) - 1],
      Home: () => seen(() => true)[0],
    };
    boxes.forEach((box) => {
      box.setAttribute("role", "button");
      box.addEventListener("click", () => choose(box));
      box.addEventListener("focus", () => stop(box));
      box.addEventListener("keydown", (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own, such as back
        if (event.key === "Enter" || event.key === " ") choose(box);
        else if (ways[event.key]) ways[event.key](box)?.focus();
        else return;
        event.preventDefault();
      });
    });
    stop(boxes[0]);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") zoom(0, 1);
    });
  });

  // The call tree by time or by allocations: one picture at a time.
  all("section.flame").forEach((section) => {
    const buttons = all("[data-by]", section);
    const choose = (name) => {
      all("[data-weight]", section).forEach((each) => (each.hidden = each.dataset.weight !== name));
      buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.by === name)));
      all("[data-find]", section).forEach((input) => input.dispatchEvent(new Event("input")));
    };
    buttons.forEach((button) => button.addEventListener("click", () => choose(button.dataset.by)));
    if (buttons.length) choose(buttons[0].dataset.by);
  });

  // Finding in the call tree: what does not hold every word is dimmed; the share counts nested boxes once.
  all("[data-find]").forEach((input) => {
    const section = input.closest("section");
    const found = section.querySelector("[data-found]");
    input.addEventListener("input", () => {
      const chart = section.querySelector("[data-weight]:not([hidden])");
      const boxes = all("svg.icicle > svg", chart);
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const holds = (box) => words.every((word) => box.querySelector("text").textContent.toLowerCase().includes(word));
      const hits = words.length ? boxes.filter(holds) : [];
      boxes.forEach((box) => box.classList.toggle("dim", words.length > 0 && !hits.includes(box)));
      const outermost = hits.filter((box) => !hits.some((other) => within(box, other)));
      const share = outermost.reduce((sum, box) => sum + Number(box.dataset.share), 0);
      const whole = chart.dataset.whole;
      found.textContent = words.length ? `${hits.length} of ${boxes.length} boxes, ${(100 * share).toFixed(1)} % of the ${whole}` : "";
    });
  });

  // A link to a site unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const details = target && target.querySelector("details");
    if (details) details.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Print shows what is folded, in browsers too that cannot be told so by style.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = all("details:not([open])");
    unfolded.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => unfolded.forEach((details) => (details.open = false)));
})();
