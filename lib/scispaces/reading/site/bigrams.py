"""Chinese in the book's search: English as Sphinx does it, and every run of Han characters by ones and by twos.

A query of two characters is then one term of the index, a longer one the conjunction of its pairs.
"""

from __future__ import annotations

import re

from sphinx.search.en import SearchEnglish

__all__ = ["EnglishChinese", "split_words"]

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")


def split_words(text: str) -> list[str]:
    """Words of `text`; a run of Han characters gives its characters and its pairs.

    >>> split_words("the gradient 梯度下降")
    ['the', 'gradient', '梯', '度', '下', '降', '梯度', '度下', '下降']
    """
    words: list[str] = []
    for run in _RUN.findall(text):
        if re.match(f"[{_HAN}]", run):
            words.extend(run)
            words.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            words.append(run)
    return words


class EnglishChinese(SearchEnglish):
    """Sphinx's English search with the splitting above; the same splitting in the page, for the query."""

    lang = "en-zh"
    language_name = "English and Chinese"
    # the query: pairs only (a single character when it stands alone)
    js_splitter_code = r"""
var splitQuery = function (query) {
  var words = [];
  (query.match(/[\u3400-\u4dbf\u4e00-\u9fff]+|[\p{Letter}\p{Number}_]+/gu) || []).forEach(function (piece) {
    piece.split(/([\u3400-\u4dbf\u4e00-\u9fff]+)/).filter(Boolean).forEach(function (run) {
      if (!/[\u3400-\u4dbf\u4e00-\u9fff]/.test(run) || run.length === 1) { words.push(run); return; }
      for (var i = 0; i + 1 < run.length; i++) words.push(run.slice(i, i + 2));
    });
  });
  return words;
};
"""

    def split(self, input: str) -> list[str]:
        return split_words(input)
