"""However a question is put to the index, it finds the same documents and scores."""

import numpy as np
import pytest
import tantivy

from sevensteps.cases.search.engine.keyword import at_least

WORDS = [f"w{i}" for i in range(7)]
N = 400


@pytest.fixture(scope="module")
def searcher():
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="whitespace", stored=True)
    index = tantivy.Index(builder.build())
    writer, rng = index.writer(20_000_000, 1), np.random.default_rng(3)
    for _ in range(N):
        writer.add_document(
            tantivy.Document(text=" ".join(w for w in WORDS if rng.random() < 0.6))
        )
    writer.commit()
    index.reload()
    return index.searcher(), index.schema


def found(searcher, n, k, often):
    search, schema = searcher
    terms = [[tantivy.Query.term_query(schema, "text", word)] for word in WORDS[:k]]
    asked = at_least(n, terms, often)
    hits = search.search(asked, N).hits
    texts = [search.doc(at)["text"][0].split() for _, at in hits]
    return repr(asked), {at.doc: score for score, at in hits}, texts


@pytest.mark.parametrize(
    ("n", "k"), [(3, 4), (4, 5), (4, 6), (5, 7), (2, 3), (5, 5), (1, 4)]
)
def test_written_out_or_counted_all_is_the_same(searcher, n, k):
    _, one, texts = found(searcher, n, k, [1_000**at for at in range(k)])
    _, other, _ = found(searcher, n, k, [1] * k)
    assert 0 < len(one) < N
    assert one == pytest.approx(other, rel=1e-5)
    assert all(len(set(text) & set(WORDS[:k])) >= n for text in texts)


def test_common_words_are_counted_only_beside_common_words(searcher):
    def counts(n, often):
        return "minimum_number_should_match: 3" in found(searcher, n, 4, often)[0]

    assert not counts(3, [10, 20, 1_000, 9_000])
    assert counts(3, [2_000, 2_000, 3_000, 9_000])
    assert not counts(3, [1_500, 10, 3_000_000, 20]), "their order does not matter"
