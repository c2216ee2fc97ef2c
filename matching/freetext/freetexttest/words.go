package freetexttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/matching/freetext"
)

// vocabulary is what documents are made of: words that share beginnings, differ by a letter, or hold one another.
var vocabulary = []string{"tax", "taxes", "accounting", "account", "acoustics", "Bookkeeping", "C++", "C#", "Go言語", "SAP", "München", "procurement",
	"法人税", "法人税申告", "法人", "税務", "申告", "経理部", "経理", "監査", "調達", "サーバー", "サーバ管理", "たかはし", "タカハシ", "髙橋", "高橋", "由美", "𠮷野家", "第2営業部"}

// typed is what is looked for. Words that an index knows only by their beginning stand last.
var typed = []string{"tax", "taxe", "accounting", "acc", "bookkeeping", "c++", "c#", "go", "sap", "munchen", "procurement", "法人税", "人税", "法人税申告", "税", "申告", "経理", "部",
	"監査", "サーバ", "さーばー", "ﾀｶﾊｼ", "高橋", "髙橋", "由美", "𠮷野", "営業", "第2", "法人 経理", "経理 tax", "高橋 go 監査", "nothing", "無"}

// misspelt is what only a tolerant index finds, with what it stands for.
var misspelt = map[string]string{"acconting": "accounting", "bokkeeping": "bookkeeping", "procuremnet": "procurement", "法人悦申告": "法人税申告"}

// Words fills an index with documents of two companies and asks it what can be typed.
func Words(t *testing.T, ix freetext.Index) {
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	docs := documents(random, 120)
	if err := ix.Replace(ctx, func(put func([]freetext.Document) error) error { return put(docs) }); err != nil {
		t.Fatal(err)
	}
	if err := ix.Check(ctx); err != nil {
		t.Fatal(err)
	}
	compare(ctx, t, ix, docs, "as built")
	for i := range docs {
		switch i % 5 {
		case 0:
			docs[i].Gone = true
		case 1:
			docs[i].Skills = text(random, 3)
		}
	}
	if err := ix.Put(ctx, docs); err != nil {
		t.Fatal(err)
	}
	compare(ctx, t, ix, docs, "after changes")
	if err := ix.Replace(ctx, func(put func([]freetext.Document) error) error { return put(docs[:10]) }); err != nil {
		t.Fatal(err)
	}
}

var companies = []uuid.UUID{uuid.MustParse("11111111-1111-4111-8111-111111111111"), uuid.MustParse("22222222-2222-4222-8222-222222222222")}

func documents(random *rand.Rand, n int) []freetext.Document {
	docs := make([]freetext.Document, n)
	for i := range docs {
		docs[i] = freetext.Document{Kind: freetext.People, ID: uuid.New(), Scope: []uuid.UUID{companies[random.IntN(2)]},
			Head: text(random, 2), Skills: text(random, 3), Rest: text(random, 2)}
		if i%3 == 0 {
			docs[i].Kind = freetext.Tasks
		}
		if i%9 == 0 {
			docs[i].Scope = append(docs[i].Scope, freetext.Everyone)
		}
	}
	return docs
}

func text(random *rand.Rand, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = vocabulary[random.IntN(len(vocabulary))]
	}
	return freetext.Fold(strings.Join(words, " / ")).Text
}

func compare(ctx context.Context, t *testing.T, ix freetext.Index, docs []freetext.Document, when string) {
	t.Helper()
	for _, kind := range []freetext.Kind{freetext.People, freetext.Tasks} {
		for _, scope := range [][]uuid.UUID{companies[:1], companies[1:], {companies[0], freetext.Everyone}, {uuid.New()}} {
			for _, what := range typed {
				least, most := expected(docs, kind, scope, freetext.Parse(what))
				check(t, fmt.Sprintf("%s, %s of %v for %q", when, kind, scope, what), find(ctx, t, ix, kind, scope, what), least, most, ix.Tolerant())
			}
			for what, meant := range misspelt {
				least, most := expected(docs, kind, scope, freetext.Parse(meant))
				if !ix.Tolerant() {
					least = nil
				}
				_, also := expected(docs, kind, scope, freetext.Parse(what))
				most = append(most, also...)
				check(t, fmt.Sprintf("%s, %s of %v for %q", when, kind, scope, what), find(ctx, t, ix, kind, scope, what), least, most, true)
			}
		}
	}
}

func find(ctx context.Context, t *testing.T, ix freetext.Index, kind freetext.Kind, scope []uuid.UUID, what string) []uuid.UUID {
	t.Helper()
	got, err := ix.Find(ctx, kind, scope, freetext.Parse(what), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if few, err := ix.Find(ctx, kind, scope, freetext.Parse(what), 2); err != nil || len(few) != min(2, len(got)) {
		t.Fatalf("two of %d are %d (%v)", len(got), len(few), err)
	}
	return got
}

// expected are the documents that must be found, and those that may be: with slips.
func expected(docs []freetext.Document, kind freetext.Kind, scope []uuid.UUID, q freetext.Query) (least, most []uuid.UUID) {
	for _, d := range docs {
		if d.Kind != kind || !slices.ContainsFunc(d.Scope, func(c uuid.UUID) bool { return slices.Contains(scope, c) }) {
			continue
		}
		if q.Matches(d, false) {
			least = append(least, d.ID)
		}
		if q.Matches(d, true) {
			most = append(most, d.ID)
		}
	}
	return least, most
}

func check(t *testing.T, what string, got, least, most []uuid.UUID, tolerant bool) {
	t.Helper()
	for _, id := range least {
		if !slices.Contains(got, id) {
			t.Fatalf("%s: %d found, and %v is not among them (%d must be)", what, len(got), id, len(least))
		}
	}
	for _, id := range got {
		if tolerant && !slices.Contains(most, id) || !tolerant && !slices.Contains(least, id) {
			t.Fatalf("%s: %v is found and should not be", what, id)
		}
	}
}
