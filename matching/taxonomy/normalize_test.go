package taxonomy

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSpellingsOfOneNameAreEqual(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Ｇｏ言語", "go言語", "Go 言語", "GO-言語"},
		{"サーバー", "サーバ", "ｻｰﾊﾞｰ", "さーばー"},
		{"サーバー管理", "サーバ管理"},
		{"Power BI", "PowerBI", "power-bi", "POWER_BI", "Power\u00a0BI"},
		{"データ・サイエンス", "データサイエンス", "ﾃﾞｰﾀ･ｻｲｴﾝｽ"},
		{"ウェブ", "ウエブ", "うぇぶ"},
		{"résumé", "resume", "RESUME"},
		{"㈱", "(株)"},
		{"葛󠄀", "葛"},
	} {
		for _, s := range same[1:] {
			if Normalize(s) != Normalize(same[0]) {
				t.Errorf("%q → %q, but %q → %q", s, Normalize(s), same[0], Normalize(same[0]))
			}
		}
	}
}

func TestDifferentNamesStayDifferent(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"ビル", "ビール"}, {"C", "C++"}, {"C", "C#"}, {"法人税", "法人"}, {"Java", "JavaScript"}, {"バッグ", "ハック"}, {".NET", "net"},
	} {
		if Normalize(pair[0]) == Normalize(pair[1]) {
			t.Errorf("%q and %q are both %q", pair[0], pair[1], Normalize(pair[0]))
		}
	}
}

func TestNormalizingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	japanese := rapid.StringOf(rapid.SampledFrom([]rune("アーぁカ゛ﾞｰﾊﾊﾟ-・ 税Goé\u3099\u0301\ufe00㍿")))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), japanese).Draw(t, "s")
		if once := Normalize(s); Normalize(once) != once {
			t.Fatalf("%q → %q → %q", s, once, Normalize(once))
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"Ｇｏ言語", "サーバー・ラック", "e\u0301-\u0301", "ᄀ-ᅡ", "\xff-", "ー゛ー", "a\u05b0-\u05b1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if once := Normalize(s); Normalize(once) != once {
			t.Fatalf("%q → %q → %q", s, once, Normalize(once))
		}
	})
}
