package freetext_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"homecoming/matching/freetext"
)

func TestEverySpellingFoldsToOne(t *testing.T) {
	for _, same := range [][]string{
		{"Corporate Tax", "ｃｏｒｐｏｒａｔｅ　ｔａｘ", "corporate-tax", "  CORPORATE\ttax. "},
		{"タカハシ", "たかはし", "ﾀｶﾊｼ"}, {"高橋", "髙橋"}, {"サーバ", "サーバー", "ｻｰﾊﾞｰ"}, {"サーバ管理", "サーバー管理"}, {"サーサ", "サーﾞサ"},
		{"Go言語", "Ｇｏ 言語", "go・言語"}, {"C++", "c＋＋", "c plusplus no"}, {"cafe", "Café"},
	} {
		for _, s := range same[1:] {
			if got, want := freetext.Fold(s).Text, freetext.Fold(same[0]).Text; got != want && !strings.HasSuffix(s, " no") {
				t.Errorf("%q is %q, but %q is %q", s, got, same[0], want)
			}
		}
	}
	if a, b := freetext.Fold("ビール").Text, freetext.Fold("ビル").Text; a == b {
		t.Errorf("beer is a building: %q", a)
	}
	if a, b := freetext.Fold("C#").Text, freetext.Fold("C++").Text; a == b || a == "c" {
		t.Errorf("C# is %q and C++ is %q", a, b)
	}
}

func TestAQueryFindsWordsFromTheirBeginningAndJapaneseAnywhere(t *testing.T) {
	doc := freetext.Document{Head: freetext.Fold("髙橋 由美 タカハシ ユミ").Text, Skills: freetext.Fold("Corporate tax / 法人税申告").Text, Rest: freetext.Fold("経理部").Text}
	for typed, want := range map[string][2]bool{ // exactly, and with slips
		"": {true, true}, "たかはし": {true, true}, "人税": {true, true}, "corp": {true, true}, "porate": {false, false}, "高橋 corporate 経理": {true, true},
		"corprate": {false, true}, "coporrate": {false, true}, "corpo tx": {false, false}, "法人脱申告": {false, true}, "法務": {false, false}, "営業": {false, false},
		"高橋 営業": {false, false}, `"-*%_'; DROP`: {false, false},
	} {
		q := freetext.Parse(typed)
		if got := [2]bool{q.Matches(doc, false), q.Matches(doc, true)}; got != want {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
	doc.Gone = true
	if freetext.Parse("").Matches(doc, true) {
		t.Error("what is gone is found")
	}
}

func shown(parts []freetext.Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestWhatWasFoundIsMarkedInTheTextItself(t *testing.T) {
	for _, c := range []struct{ typed, text, want string }{
		{"たかはし", "高橋（タカハシ）", "高橋（[タカハシ]）"}, {"corp", "Ｃｏｒｐｏｒａｔｅ Tax", "[Ｃｏｒｐ]ｏｒａｔｅ Tax"}, {"高橋", "髙橋 由美", "[髙橋] 由美"},
		{"acounting", "Accounting, 経理", "[Accounting], 経理"}, {"ガス", "ｶﾞｽ", "[ｶﾞｽ]"}, {"none", "<b>", "<b>"}, {"", "x", "x"}, {"c++", "C++ と C#", "[C++] と C#"},
		{"人税 法人", "法人税法", "[法人税]法"},
	} {
		if got := shown(freetext.Parse(c.typed).Mark(c.text, true)); got != c.want {
			t.Errorf("%q in %q: %s, want %s", c.typed, c.text, got, c.want)
		}
	}
	long := strings.Repeat("あいうえお", 50) + "法人税" + strings.Repeat("かきくけこ", 50)
	if got := shown(freetext.Parse("法人税").Excerpt(long, 30, false)); !strings.HasPrefix(got, "…") || !strings.Contains(got, "[法人税]") || len([]rune(got)) != 34 {
		t.Errorf("%s", got)
	}
}

// TestMarksAddUpToTheText: nothing is lost, added or changed, whatever is typed and wherever it is found.
func TestMarksAddUpToTheText(t *testing.T) {
	letters := rapid.SampledFrom([]rune("aAb é́cC+#ー ｻﾞザざ高髙法人税ﾀ-ß①½ﬁ\n𠮷"))
	rapid.Check(t, func(t *rapid.T) {
		text, typed := rapid.StringOfN(letters, 0, 40, -1).Draw(t, "text"), rapid.StringOfN(letters, 0, 6, -1).Draw(t, "typed")
		q := freetext.Parse(typed)
		var got strings.Builder
		for _, p := range q.Mark(text, true) {
			if p.Text == "" {
				t.Fatal("an empty part")
			}
			got.WriteString(p.Text)
		}
		if got.String() != text {
			t.Fatalf("%q became %q", text, got.String())
		}
		if twice := freetext.Fold(freetext.Fold(text).Text).Text; twice != freetext.Fold(text).Text {
			t.Fatalf("folding %q again changes %q to %q", text, freetext.Fold(text).Text, twice)
		}
	})
}

// TestGramsAreFoundExactlyWhereTheWordIs holds the pairs against what they stand for.
func TestGramsAreFoundExactlyWhereTheWordIs(t *testing.T) {
	letters := rapid.SampledFrom([]rune("法人税申告 a"))
	rapid.Check(t, func(t *rapid.T) {
		text := freetext.Fold(rapid.StringOfN(letters, 0, 12, -1).Draw(t, "text")).Text
		for _, w := range freetext.Parse(rapid.StringOfN(letters, 1, 4, -1).Draw(t, "typed")).Words {
			if !w.Japanese {
				continue
			}
			there := strings.Contains(text, w.Text)
			if found := strings.Contains(" "+freetext.Grams(text)+" ", " "+strings.Join(w.Grams(), " ")+" "); found != there {
				t.Fatalf("%q in %q: %v, by its pairs %v", w.Text, text, there, found)
			}
		}
	})
}
