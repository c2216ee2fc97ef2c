package taxonomy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// large is the starter with published skills beside it, in the shape that ESCO has: 14,000 in all, names of two to five
// words and six other labels each, words shared by many.
func large() []Skill {
	r := rand.New(rand.NewPCG(1, 14_000))
	verbs := strings.Fields("manage develop monitor perform prepare operate supervise assess apply coordinate maintain design test advise write")
	nouns := strings.Fields(`accounts pumps vessels turbines drainage budgets patients crops welding contracts wood textile rail fleet leather audio animal
		chemical geological nuclear customer museum theatre aviation harbour police school court bridge glass paper plastic steel ceramics optical
		data cloud software network sensor radar satellite laser battery solar wind hydraulic pneumatic thermal acoustic digital medical dental`)
	tails := strings.Fields("systems equipment processes activities reports standards policies safety inventory training procedures records plans")
	label := func() string {
		words := []string{verbs[r.IntN(len(verbs))], nouns[r.IntN(len(nouns))], nouns[r.IntN(len(nouns))], tails[r.IntN(len(tails))]}
		return strings.Join(words[r.IntN(2):2+r.IntN(3)], " ")
	}
	skills := Starter()
	for i := len(skills); i < 14_000; i++ {
		s := Skill{ID: fmt.Sprintf("esco-%d", i), NameEN: fmt.Sprintf("%s %d", label(), i)}
		for range 6 {
			s.Aliases = append(s.Aliases, label())
		}
		skills = append(skills, s)
	}
	return skills
}

// longBrief has 20,000 characters, half of them English that is full of words that begin a skill.
func longBrief() string {
	ja := "3月期の連結決算と税効果の計算をお願いします。海外子会社の連結パッケージを英語で確認し、Excel と Power BI で月次の資料にまとめます。Go, Python を使える方は歓迎。\n"
	en := "We manage steel pumps and monitor the hydraulic drainage systems; you develop nuclear sensor data reports and prepare budgets for the harbour police.\n"
	text := []rune(strings.Repeat(ja+en, 100))
	return string(text[:20_000])
}

func TestALongTextIsReadAgainstAPublishedTaxonomy(t *testing.T) {
	t.Parallel()
	x := NewIndex(large()).With([]Skill{{ID: "own-1", NameEN: "harbour police", NameJA: "港湾警察"}})
	found := x.Suggest(longBrief(), 20)
	if len(found) < 12 || found[0].Mentions < 50 {
		t.Errorf("%+v", found)
	}
}

func BenchmarkSuggestLongBriefAmong14000(b *testing.B) {
	x, text := NewIndex(large()).With(nil), longBrief()
	for b.Loop() {
		x.Suggest(text, 20)
	}
}

func BenchmarkSearchAmong14000(b *testing.B) {
	x := NewIndex(large())
	b.Run("prefix", func(b *testing.B) {
		for b.Loop() {
			x.Search("man", 8)
		}
	})
	b.Run("typo", func(b *testing.B) {
		for b.Loop() {
			x.Search("hydralic pmps", 8)
		}
	})
}

func BenchmarkNewIndexOf14000(b *testing.B) {
	skills := large()
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(skills)
	}
}
