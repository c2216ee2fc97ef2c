package taxonomy

import (
	"slices"
	"strings"
	"testing"
)

func TestStarterIsValidAndLargeEnough(t *testing.T) {
	t.Parallel()
	skills := Starter()
	if err := Validate(skills); err != nil {
		t.Error(err)
	}
	if len(skills) < 360 {
		t.Errorf("%d skills", len(skills))
	}
}

func TestStarterHandsOutCopies(t *testing.T) {
	t.Parallel()
	Starter()[0].Aliases[0] = "changed"
	if Starter()[0].Aliases[0] == "changed" {
		t.Error("one caller changed what the next one gets")
	}
}

// The abbreviations that really have two meanings in offices. A new one is a decision, so it is listed here.
var knownAmbiguous = []string{"CS", "DD", "PM", "PdM", "QA"}

func TestStarterIsAmbiguousOnlyWhereKnown(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	known := make(map[string]bool)
	for _, a := range knownAmbiguous {
		known[Normalize(a)] = true
		if x.Ambiguous(a) == nil {
			t.Errorf("%s is no longer ambiguous", a)
		}
	}
	for _, s := range x.spellings {
		if ids := x.Ambiguous(s.raw); ids != nil && !known[s.key] {
			t.Errorf("%s means %v", s.raw, ids)
		}
	}
}

func TestEveryStarterNameFindsItsSkill(t *testing.T) {
	t.Parallel()
	skills := Starter()
	x := NewIndex(skills)
	for _, s := range skills {
		for _, name := range []string{s.ID, s.NameEN, s.NameJA} {
			if id, ok := x.Resolve(name); !ok || id != s.ID {
				t.Errorf("%s: got %q, want %s", name, id, s.ID)
			}
		}
		if got := x.Search(s.NameJA, 1); len(got) != 1 || got[0].ID != s.ID {
			t.Errorf("typing %s offers %v", s.NameJA, got)
		}
	}
}

func TestJapaneseNamesAreFoundInASentence(t *testing.T) {
	t.Parallel()
	skills := Starter()
	x := NewIndex(skills)
	for _, s := range skills {
		if len(s.NameJA) == 1 { // C and R need company: see "Care" in the manual
			continue
		}
		text := "来月から、" + s.NameJA + "をお願いします。"
		if got := x.Suggest(text, 0); len(got) != 1 || got[0].ID != s.ID || got[0].Text != s.NameJA {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestReservedWorkNamesItsLicence(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for text, licence := range map[string]string{
		"法人税申告": "税理士", "税務相談": "税理士", "確定申告": "税理士", "訴訟": "弁護士", "社会保険手続き": "社会保険労務士",
		"会計監査": "公認会計士", "人材紹介": "有料職業紹介事業許可", "融資媒介": "貸金業登録",
		"法人税": "", "簿記": "", "契約書レビュー": "", "給与計算": "", "採用": "",
	} {
		id, _ := x.Resolve(text)
		if s, ok := x.Skill(id); !ok || s.Reserved != licence {
			t.Errorf("%s (%s): reserved for %q, want %q", text, id, s.Reserved, licence)
		}
	}
}

func TestBroaderLinksSayWhatAnExpertWould(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for narrow, broad := range map[string]string{
		"react": "javascript", "typescript": "javascript", "consolidation": "closing", "closing": "accounting", "kubernetes": "docker",
		"corporate-tax-return": "corporate-tax", "simultaneous-interpreting": "interpreting", "gmp": "quality-assurance",
	} {
		if s, _ := x.Skill(narrow); !slices.Contains(s.Broader, broad) {
			t.Errorf("%s has %v, not %s", narrow, s.Broader, broad)
		}
	}
}

func TestWordListsSpeakOfSkills(t *testing.T) {
	t.Parallel()
	x := NewIndex(Starter())
	for _, phrase := range decoys() {
		if id, ok := x.Resolve(phrase); ok {
			t.Errorf("decoy %s is the skill %s", phrase, id)
		}
	}
	for word := range carefulWords() {
		if len(meant(x.exactly(word), 1)) == 0 {
			t.Errorf("careful word %s is no skill", word)
		}
	}
}

func TestValidateReportsEachFault(t *testing.T) {
	t.Parallel()
	good := Skill{ID: "a", NameEN: "Alpha", NameJA: "甲"}
	for fault, skills := range map[string][]Skill{
		"id appears twice":      {good, good},
		"not a slug":            {{ID: "A b", NameEN: "Beta", NameJA: "乙"}},
		"a name is missing":     {{ID: "b", NameEN: "Beta", NameJA: "・"}},
		"is also that of a":     {good, {ID: "b", NameEN: "ＡＬ-ＰＨＡ", NameJA: "乙"}},
		`no broader skill "zz"`: {{ID: "b", NameEN: "Beta", NameJA: "乙", Broader: []string{"zz"}}},
		"cannot be a spelling":  {{ID: "b", NameEN: "Beta", NameJA: "乙", Aliases: []string{"x:2"}}},
		"closes a circle":       {{ID: "b", NameEN: "Beta", NameJA: "乙", Broader: []string{"c"}}, {ID: "c", NameEN: "Gamma", NameJA: "丙", Broader: []string{"b"}}},
		"to b closes a circle":  {{ID: "b", NameEN: "Beta", NameJA: "乙", Broader: []string{"b"}}},
	} {
		if err := Validate(skills); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", fault, err)
		}
	}
	if err := Validate([]Skill{good}); err != nil {
		t.Error(err)
	}
}

func TestParseNamesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := parse("id\tname_en\n# comment\nx\tX\n")
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v", err)
	}
}
