package taxonomy

import (
	"slices"
	"sync"
	"testing"
)

func TestEverySpellingOfAStarterSkillResolves(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for text, want := range map[string]string{
		"golang": "go", "Ｇｏ言語": "go", "Go": "go", "go": "go", "GO 言語": "go",
		"corporate-tax": "corporate-tax", " corporate-tax ": "corporate-tax", "法人税": "corporate-tax", "CORPORATE TAX": "corporate-tax",
		"税効果": "deferred-tax", "ＩＦＲＳ": "ifrs", "きゅうよけいさん": "payroll", "キュウヨケイサン": "payroll",
		"ｴｸｾﾙ": "excel", "K8s": "kubernetes", "Press Releases": "press-release", "プレス・リリース": "press-release",
		"type script": "typescript", "C#": "csharp", "C++": "cpp", "C": "c-language", ".NET": "dotnet", "Ｒ": "r-language",
	} {
		if id, ok := x.Resolve(text); !ok || id != want {
			t.Errorf("%q: got %q, %v, want %q", text, id, ok, want)
		}
	}
	for _, text := range []string{"", "  ", "わが社だけの業務", "営業日", "s", "go home"} {
		if id, ok := x.Resolve(text); ok {
			t.Errorf("%q: got %q, want nothing", text, id)
		}
	}
}

func TestAnAliasOfTwoSkillsIsReportedAndNotGuessed(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	if id, ok := x.Resolve("PM"); ok {
		t.Errorf("PM resolved to %q", id)
	}
	if got, want := x.Ambiguous("ｐｍ"), []string{"product-management", "project-management"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, clear := range []string{"golang", "no such thing", ""} {
		if got := x.Ambiguous(clear); got != nil {
			t.Errorf("%q: got %v", clear, got)
		}
	}
}

func TestANameGoesBeforeAnAlias(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Skill{
		{ID: "a", NameEN: "Alpha", NameJA: "甲", Aliases: []string{"beta"}},
		{ID: "b", NameEN: "Beta", NameJA: "乙"},
	})
	if id, ok := x.Resolve("BETA"); !ok || id != "b" {
		t.Errorf("got %q, %v", id, ok)
	}
}

func TestACompanysOwnSkillsJoinAndReplaceTheStarter(t *testing.T) {
	t.Parallel()
	own := Skill{ID: "own-0192", NameEN: "Aoi ledger", NameJA: "あおい台帳"}
	tax := Skill{ID: "corporate-tax", NameEN: "Company tax", NameJA: "法人課税"}
	x := NewIndex(append(Starter(), own, tax))
	if id, _ := x.Resolve("アオイ台帳"); id != own.ID {
		t.Errorf("own skill: got %q", id)
	}
	if got := x.Suggest("あおい台帳の入力", 0); len(got) != 1 || got[0].ID != own.ID {
		t.Errorf("own skill in a text: got %v", got)
	}
	if s, ok := x.Skill("corporate-tax"); !ok || s.NameEN != "Company tax" {
		t.Errorf("replaced skill: got %+v", s)
	}
	if _, ok := x.Resolve("法人税計算"); ok {
		t.Error("an alias of the replaced row still resolves")
	}
}

func TestSearchHelpsWhileTyping(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for _, c := range []struct{ prefix, first string }{
		{"tax", "tax"}, {"corp", "corporate-tax"}, {"法", "legal"}, {"連結", "consolidation"}, {"れん", "consolidation"},
		{"えくせ", "excel"}, {"gol", "go"}, {"Ｐｏｗｅｒ　Ｂ", "power-bi"}, {"c+", "cpp"}, {"サーバー", "infrastructure"},
	} {
		got := x.Search(c.prefix, 5)
		if len(got) == 0 || got[0].ID != c.first || len(got) > 5 {
			t.Errorf("%q: got %v, want %s first", c.prefix, got, c.first)
		}
	}
	has := func(skills []Skill, id string) bool {
		return slices.ContainsFunc(skills, func(s Skill) bool { return s.ID == id })
	}
	if !has(x.Search("税", 0), "corporate-tax") || !has(x.Search("tax", 0), "international-tax") {
		t.Error("a later kanji or word is not found")
	}
	if has(x.Search("ax", 0), "tax") || len(x.Search("", 5)) != 0 || len(x.Search("営業日", 5)) != 0 {
		t.Error("found what does not begin so")
	}
}

func TestOneIndexServesManyAtOnce(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if len(x.Suggest("golangと連結決算", 0)) != 2 || len(x.Search("tax", 3)) != 3 || len(x.Ambiguous("PM")) != 2 {
				t.Error("a neighbour disturbed the answer")
			}
		})
	}
	all.Wait()
}
