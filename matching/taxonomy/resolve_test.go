package taxonomy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/width"
	"pgregory.net/rapid"
)

// resolutions are names as people type them; nothing where none is known, two ids where a word means two.
var resolutions = []struct{ text, want string }{
	{"golang", "go"}, {"Ｇｏ言語", "go"}, {"Go", "go"}, {"GO", "go"}, {"ｇｏ", "go"}, {"Go 言語", "go"},
	{"go to market", ""}, {"Go-to-market", ""}, {"let's go", ""}, {"ago", ""},
	{"C", "c-language"}, {"Ｃ", "c-language"}, {"C言語", "c-language"}, {"C#", "csharp"}, {"Ｃ＃", "csharp"}, {"C++", "cpp"}, {"Ｃ＋＋", "cpp"}, {"c ++", "cpp"}, {"C+", ""},
	{"R", "r-language"}, {"R言語", "r-language"}, {".NET", "dotnet"}, {"ｴｸｾﾙ", "excel"}, {"えくせる", "excel"}, {"EXCEL", "excel"},
	{"英文契約", "english-contracts"}, {"契約", ""}, {"契約書レビュー", "contract-review"},
	{"サーバー", ""}, {"サーバー管理", "infrastructure"}, {"サーバ管理", "infrastructure"}, {"ｻｰﾊﾞ管理", "infrastructure"}, {"さーばー管理", "infrastructure"},
	{"データベース", "databases"}, {"データ・ベース", "databases"}, {"ﾃﾞｰﾀﾍﾞｰｽ", "databases"},
	{"Spreadsheets", "excel"}, {"press releases", "press-release"}, {"プレス　リリース", "press-release"},
	{"PM", "product-management project-management"}, {"ｐｍ", "product-management project-management"},
	{"連結", "consolidation"}, {"れんけつ", "consolidation"}, {"連結決算 ", "consolidation"},
	{"", ""}, {"・", ""}, {"！？", ""}, {"営業日", ""},
}

func meanings(x *Index, text string) string {
	if id, ok := x.Resolve(text); ok {
		return id
	}
	return strings.Join(x.Ambiguous(text), " ")
}

func TestANameResolvesHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for _, c := range resolutions {
		if got := meanings(x, c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestLongVowelsInsideALongLoanwordMayBeLeftOut(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Skill{
		{ID: "ui", NameEN: "User interfaces", NameJA: "ユーザーインターフェース"}, {ID: "beer", NameEN: "Brewing", NameJA: "ビール"},
		{ID: "house", NameEN: "Building", NameJA: "ビル"},
	})
	for text, want := range map[string]string{"ユーザインタフェース": "ui", "ユーザーインタフェース": "ui", "ユーザーインターフェイス": "", "ビール": "beer", "ビル": "house", "ユザインタフェス": "ui"} {
		if got := meanings(x, text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestACompanysOwnWordGoesBeforeTheSharedOne(t *testing.T) {
	t.Parallel()
	shared := NewIndex(Starter())
	own := Skill{ID: "own-1", NameEN: "Golang", NameJA: "Go研修", Aliases: []string{"PM"}}
	x := shared.With([]Skill{own})
	for text, want := range map[string]string{"golang": "own-1", "PM": "own-1", "Go": "go", "go研修": "own-1", "連結決算": "consolidation"} {
		if got := meanings(x, text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	found := x.Suggest("golangとGo研修、連結決算をPMとして", 0)
	if len(found) != 2 || found[0].ID != "own-1" || found[0].Mentions != 3 || found[1].ID != "consolidation" {
		t.Errorf("%+v", found)
	}
	if got := x.Search("gola", 1); len(got) != 1 || got[0].ID != "own-1" {
		t.Errorf("typing: %v", got)
	}
	if got := meanings(shared, "Go研修"); got != "" {
		t.Errorf("the shared index learnt %q", got)
	}
}

func TestAnObsoleteSkillIsFoundOnlyWhereNothingElseHasTheName(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Skill{
		{ID: "old", NameEN: "Telex", NameJA: "テレックス", Aliases: []string{"wire"}, Obsolete: true},
		{ID: "new", NameEN: "Wiring", NameJA: "配線", Aliases: []string{"wire"}},
	})
	for text, want := range map[string]string{"telex": "old", "old": "old", "wire": "new"} {
		if got := meanings(x, text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if len(x.Search("telex", 0)) != 0 || len(x.Suggest("send a telex", 0)) != 0 {
		t.Error("an obsolete skill was offered")
	}
}

func TestASlipOfTheFingerIsForgivenWhileTyping(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for typed, want := range map[string]string{
		"bookeeping": "bookkeeping", "bookkeepnig": "bookkeeping", "procurment": "procurement", "kuberntes": "kubernetes", "javascirpt": "javascript",
		"kubernetesx": "kubernetes", "さいむかんれ": "", "プロジェクトマネジメト": "project-management", "qx": "", "qqqq": "",
	} {
		got := x.Search(typed, 1)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0].ID != want) {
			t.Errorf("%q: got %v, want %q", typed, got, want)
		}
	}
}

// distance is the textbook's: optimal string alignment of typed and the best beginning of key.
func distance(typed, key []rune) int {
	best := len(typed) + len(key)
	for end := 0; end <= len(key); end++ {
		d := make([][]int, len(typed)+1)
		for i := range d {
			d[i] = make([]int, end+1)
			for j := range d[i] {
				switch {
				case i == 0 || j == 0:
					d[i][j] = i + j
				default:
					cost := 1
					if typed[i-1] == key[j-1] {
						cost = 0
					}
					d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
					if i > 1 && j > 1 && typed[i-1] == key[j-2] && typed[i-2] == key[j-1] {
						d[i][j] = min(d[i][j], d[i-2][j-2]+1)
					}
				}
			}
		}
		best = min(best, d[len(typed)][end])
	}
	return best
}

func TestNearFindsWhatIsNearAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{1,9}`)
		var skills []Skill
		for i, w := range rapid.SliceOfNDistinct(word, 1, 12, rapid.ID[string]).Draw(t, "skills") {
			skills = append(skills, Skill{ID: fmt.Sprint("s", i), NameEN: w, NameJA: w})
		}
		typed := rapid.StringMatching(`[abc]{4,10}`).Draw(t, "typed")
		x := NewIndex(skills)
		var got []string
		for _, h := range x.near(typed) {
			if !slices.Contains(got, h.skill.NameEN) && len(h.skill.NameEN) > 0 {
				got = append(got, h.skill.NameEN)
			}
		}
		for _, s := range skills {
			near := distance([]rune(typed), []rune(s.NameEN)) <= slips(len(typed))
			if found := slices.Contains(got, s.NameEN); found != near {
				t.Fatalf("%s typed for %s: found %v, near %v", typed, s.NameEN, found, near)
			}
		}
	})
}

// A name resolves alike in other clothes: wide, upper case, with spaces at its ends.
func TestClothesDoNotChangeAMeaning(t *testing.T) {
	t.Parallel()
	skills := Starter()
	x := NewIndex(skills)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(skills).Draw(t, "skill")
		text := rapid.SampledFrom(s.spellings()).Draw(t, "spelling")
		want := meanings(x, text)
		for _, dress := range rapid.SliceOfN(rapid.SampledFrom([]func(string) string{strings.ToUpper, strings.ToLower, width.Widen.String, width.Fold.String, hiragana,
			func(s string) string { return " " + s + "\u3000" }}), 1, 4).Draw(t, "clothes") {
			text = dress(text)
		}
		if got := meanings(x, text); got != want {
			t.Fatalf("%q means %q, not %q", text, got, want)
		}
	})
}

func hiragana(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヴ' && unicode.IsLetter(r) {
			return r - ('ァ' - 'ぁ')
		}
		return r
	}, s)
}

// What the table of names holds and what an Index answers must be the same.
func TestKeysAnswerAsTheIndexDoes(t *testing.T) {
	t.Parallel()
	skills := Starter()
	x := NewIndex(skills)
	table := map[string]map[string]int{}
	for _, s := range skills {
		for _, k := range s.Keys() {
			if table[k.Text] == nil {
				table[k.Text] = map[string]int{}
			}
			table[k.Text][s.ID] = k.Rank
		}
	}
	for _, c := range resolutions {
		if _, isID := x.Skill(c.text); isID {
			continue
		}
		var got []string
		for _, form := range Forms(c.text) {
			best := 99
			for id, rank := range table[form] {
				if rank < best {
					best, got = rank, nil
				}
				if rank == best {
					got = append(got, id)
				}
			}
			if len(got) > 0 {
				break
			}
		}
		if slices.Sort(got); strings.Join(got, " ") != c.want {
			t.Errorf("%q: the table says %v, the index %q", c.text, got, c.want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	x := NewIndex(Starter()).With([]Skill{{ID: "own-1", NameEN: "Our PM", NameJA: "社内台帳", Aliases: []string{"Go"}}})
	for _, c := range resolutions {
		f.Add(c.text)
	}
	f.Add("\xff\xfe C＃\u0301ー")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := x.Resolve(text)
		several := x.Ambiguous(text)
		if ok && len(several) != 0 || len(several) == 1 {
			t.Fatalf("%q is %s and also %v", text, id, several)
		}
		for _, found := range append(several, id) {
			if _, known := x.Skill(found); found != "" && !known {
				t.Fatalf("%q gives %s, which is no skill", text, found)
			}
		}
		_, isID := x.Skill(strings.TrimSpace(text))
		_, becomesID := x.Skill(Normalize(text))
		if again, _ := x.Resolve(Normalize(text)); ok && !isID && !becomesID && again != id {
			t.Fatalf("%q is %s and normalised %q", text, id, again)
		}
		for _, form := range Forms(text) {
			if form == "" || Normalize(form) != form {
				t.Fatalf("%q has the form %q", text, form)
			}
		}
		x.Search(text, 5)
	})
}
