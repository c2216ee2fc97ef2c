package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

func FuzzSuggest(f *testing.F) {
	x := NewIndex(Starter())
	for _, c := range suggestions {
		f.Add(c.text)
	}
	f.Add("\xffgo\xfe、python, \xe3\x83")
	f.Add("㍿㌢会計ｻｰﾊﾞ\u3099ーー")
	f.Fuzz(func(t *testing.T, text string) {
		end, last := 0, Match{}
		found := x.Suggest(text, 0)
		slices.SortStableFunc(found, func(a, b Match) int { return cmp.Compare(a.From, b.From) })
		for _, m := range found {
			if twin := m.Ambiguous && last.Ambiguous && m.From == last.From && m.To == last.To && m.ID != last.ID; twin {
				last = m
				continue
			}
			last = m
			if m.From < end || m.To <= m.From || m.To > len(text) || m.Mentions < 1 {
				t.Fatalf("%q: %+v after byte %d", text, m, end)
			}
			if m.Text != text[m.From:m.To] {
				t.Fatalf("%q: %+v is not there", text, m)
			}
			if _, ok := x.Skill(m.ID); !ok {
				t.Fatalf("%q: %+v is no skill", text, m)
			}
			end = m.To
		}
		x.Resolve(text)
		x.Ambiguous(text)
		x.Search(text, 5)
	})
}

func BenchmarkSuggest(b *testing.B) {
	x := NewIndex(Starter())
	brief := strings.Repeat("3月期の連結決算と税効果の計算をお願いします。海外子会社の連結パッケージを英語で確認し、Excel と Power BI で月次の資料にまとめます。Go, Python を使える方は歓迎。\n", 12)
	b.SetBytes(int64(len(brief)))
	for b.Loop() {
		x.Suggest(brief, 10)
	}
}

func BenchmarkResolve(b *testing.B) {
	x := NewIndex(Starter())
	for b.Loop() {
		x.Resolve("Ｇｏ言語")
	}
}

func BenchmarkSearch(b *testing.B) {
	x := NewIndex(Starter())
	for b.Loop() {
		x.Search("税", 8)
	}
}

func BenchmarkNewIndex(b *testing.B) {
	skills := Starter()
	for b.Loop() {
		NewIndex(skills)
	}
}
