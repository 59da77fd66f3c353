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
          (!want.verdict || d.verdict === want.verdict || d.also === want.verdict) &&
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

  /* A link to a claim opens its card and marks it. */
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

  ready(function () { lazyMath(); ledger(); reveal(); });
  window.addEventListener("load", function () {
    if (window.MathJax && MathJax.startup && MathJax.startup.promise) MathJax.startup.promise.then(fitMath).then(reveal);
  });
  window.addEventListener("hashchange", reveal);
})();
