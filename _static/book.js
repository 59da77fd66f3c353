/* The book's own script: ledger filters, mathematics on sight, links that open what they point to. No dependency. */
(function () {
  "use strict";

  // Search summaries are fetched pages; a page opened from disk cannot fetch.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  function ready(run) {
    if (document.readyState !== "loading") run();
    else document.addEventListener("DOMContentLoaded", run);
  }

  /* Mathematics of long lists is typeset when it comes into view. */
  function lazyMath() {
    var waiting = document.querySelectorAll(".lazy-math");
    if (!waiting.length || !("IntersectionObserver" in window)) return;
    function typeset(element) {
      if (!window.MathJax || !MathJax.startup || !MathJax.startup.promise) return;
      MathJax.startup.promise.then(function () {
        var source = element.dataset.tex;
        element.classList.remove("lazy-math");
        return MathJax.tex2svgPromise(source, { display: true }).then(function (node) {
          element.setAttribute("aria-label", source);
          element.replaceChildren(node);
          MathJax.startup.document.clear();
          MathJax.startup.document.updateDocument();
        });
      });
    }
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        observer.unobserve(entry.target);
        typeset(entry.target);
      });
    }, { rootMargin: "200px" });
    waiting.forEach(function (element) { observer.observe(element); });
  }

  /* A displayed formula that is a little too wide is set a little smaller; a much too wide one scrolls. */
  function fitMath() {
    var wide = [];
    document.querySelectorAll("div.math > mjx-container").forEach(function (formula) {
      var share = formula.clientWidth / formula.scrollWidth;
      if (share < 1) wide.push([formula, Math.max(0.78, 0.985 * share)]);
    });
    wide.forEach(function (pair) { pair[0].style.fontSize = 100 * pair[1] + "%"; });
  }

  /* The mark of each clause stands at its row of the formula. Before the formula is drawn, and where its rows are not
     found, the marks stand one below the other. */
  function clauseMarks() {
    document.querySelectorAll("div.math > .clause-marks").forEach(function (column) {
      var formula = column.parentElement.querySelector("mjx-container svg");
      if (!formula) return;
      var rows = Array.prototype.map.call(formula.querySelectorAll('[data-mml-node="mtable"]'), function (table) {
        return table.querySelectorAll(':scope > [data-mml-node="mtr"]');
      }).find(function (found) { return found.length === Number(column.dataset.rows); });
      if (!rows) return;
      function place() {
        var box = column.getBoundingClientRect();
        if (!box.height) return;
        column.querySelectorAll(".clause-mark").forEach(function (mark) {
          var row = rows[Number(mark.dataset.row)].getBoundingClientRect();
          mark.style.top = 100 * (row.top + row.height / 2 - box.top) / box.height + "%";
        });
      }
      column.classList.add("placed");
      place();
      if ("ResizeObserver" in window) new ResizeObserver(place).observe(column.parentElement);
    });
  }

  /* What a card quotes from a display is LaTeX: it is set as a formula when the card is first opened, if it can be. */
  function quotedMath() {
    document.querySelectorAll(".claim-card details").forEach(function (details) {
      details.addEventListener("toggle", function () {
        details.querySelectorAll(":is(.unread, .hypotheses) code:not([data-tried])").forEach(function (code) {
          code.dataset.tried = "true";
          var source = code.textContent;
          if (source.indexOf("\\") < 0 || !window.MathJax || !MathJax.tex2svgPromise) return;
          MathJax.tex2svgPromise(source, { display: false }).then(function (node) {
            if (node.querySelector('[data-mml-node="merror"]')) return;
            code.setAttribute("aria-label", source);
            code.replaceChildren(node);
            MathJax.startup.document.clear();
            MathJax.startup.document.updateDocument();
          }).catch(function () { /* it stays as it was written */ });
        });
      });
    });
  }

  /* The ledger's filters; their state is the address's query, so that a filtered ledger can be linked to. */
  function ledger() {
    var form = document.querySelector(".ledger-filters");
    if (!form) return;
    var rows = Array.prototype.slice.call(document.querySelectorAll(".ledger-row"));
    var fields = Array.prototype.slice.call(form.querySelectorAll("[data-filter]"));
    var count = form.querySelector(".ledger-count");
    var none = document.querySelector(".ledger-none");
    var asked = new URLSearchParams(location.search);
    fields.forEach(function (field) {
      if (asked.has(field.dataset.filter)) field.value = asked.get(field.dataset.filter);
    });
    function apply() {
      var want = {};
      fields.forEach(function (field) { want[field.dataset.filter] = field.value.trim(); });
      var words = (want.text || "").toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0;
      rows.forEach(function (row) {
        var d = row.dataset;
        var keep = (!want.part || d.part === want.part) &&
          (!want.chapter || d.chapter === want.chapter) &&
          (!want.kind || d.kind.split(" ").indexOf(want.kind) >= 0) &&
          (!want.verdict || d.verdict === want.verdict || d.also.split(" ").indexOf(want.verdict) >= 0) &&
          words.every(function (word) { return d.text.indexOf(word) >= 0; });
        row.hidden = !keep;
        if (keep) shown += 1;
      });
      document.querySelectorAll(".ledger-chapter").forEach(function (section) {
        section.hidden = !section.querySelector(".ledger-row:not([hidden])");
      });
      none.hidden = shown > 0;
      var total = Number(count.dataset.total);
      count.textContent = shown === total ? total + " claims" : shown + " of " + total + " claims";
      var query = new URLSearchParams();
      Object.keys(want).forEach(function (key) { if (want[key]) query.set(key, want[key]); });
      var text = query.toString();
      try { history.replaceState(null, "", location.pathname + (text ? "?" + text : "") + location.hash); } catch (e) { /* file: */ }
    }
    form.addEventListener("input", apply);
    apply();
  }

  /* A link to a claim, or to a clause of it, opens its card and marks it. */
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) return;
    for (var box = target; box; box = box.parentElement) {
      if (box.tagName === "DETAILS") box.open = true;
    }
    if (target.classList.contains("claim-card")) {
      var inner = target.querySelector("details");
      if (inner) inner.open = true;
    }
  }

  ready(function () { lazyMath(); quotedMath(); ledger(); reveal(); });
  window.addEventListener("load", function () {
    if (window.MathJax && MathJax.startup && MathJax.startup.promise) MathJax.startup.promise.then(fitMath).then(clauseMarks).then(reveal);
  });
  window.addEventListener("hashchange", reveal);
})();
