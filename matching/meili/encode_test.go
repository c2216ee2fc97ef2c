package meili

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/matching"
)

// What is written by hand must read back as what was meant, whatever the names are made of.
func TestWhatIsWrittenReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		w := writer{known: tokens{}}
		w.document(d)
		var got document
		if err := json.Unmarshal(w.lines, &got); err != nil {
			t.Fatalf("%s: %v", w.lines, err)
		}
		q := matching.Question{Company: d.Company, Formula: matching.V1}
		for skill, strength := range d.Held {
			q.Skills = append(q.Skills, matching.Wanted{Skill: skill, Level: strength, Weight: 1})
		}
		if len(d.Knows) > 0 {
			q.Department = d.Knows[0]
		}
		hit, err := got.hit(q)
		want := matching.Hit{Membership: d.Membership, Person: d.Person, P: d.P, Tenure: d.Tenure, LeftOn: d.LeftOn, Met: len(d.Held), Knows: len(d.Knows) > 0}
		if err != nil || hit != want {
			t.Fatalf("%s reads as %+v instead of %+v: %v", w.lines, hit, want, err)
		}
		scope, levels := d.Company.String(), 0
		if d.Outside {
			scope = outside
		}
		for skill, strength := range d.Held {
			levels += strength
			if !slices.Contains(got.Skills, token(scope, skill, strength)) {
				t.Fatalf("%s lacks %s", w.lines, skill)
			}
		}
		if levels != len(got.Skills) || !slices.Equal(got.Worked, texts(d.Worked)) || got.Days != d.Days || (got.Rate == nil) != (d.HourlyRate == nil) ||
			len(got.Barred) != len(d.Barred) || slices.Contains(got.From, everyone) != d.Everyone || strings.HasPrefix(got.Company, outside) != d.Outside {
			t.Fatalf("%s says otherwise than %+v", w.lines, d)
		}
		again := writer{known: w.known}
		d.Held = maps.Clone(d.Held)
		if again.document(d); string(again.lines) != string(w.lines) {
			t.Fatalf("the same facts are written as %s and as %s", w.lines, again.lines)
		}
	})
}

func drawDocument(t *rapid.T) matching.Document {
	id := rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		return id
	})
	day := civil.Date{Year: rapid.IntRange(1, 2100).Draw(t, "year"), Month: 3, Day: 1}
	d := matching.Document{
		Membership: id.Draw(t, "membership"), Company: id.Draw(t, "company"), Person: id.Draw(t, "person"), Candidate: true,
		P: matching.Score(rapid.IntRange(0, 3000).Draw(t, "p")), Tenure: matching.Score(rapid.IntRange(0, 2000).Draw(t, "tenure")), LeftOn: day,
		Days:  rapid.IntRange(0, 20000).Draw(t, "days"),
		Held:  rapid.MapOf(rapid.StringMatching(`[\pL\pN"\\<>&+#-]{1,8}`), rapid.IntRange(1, 3)).Draw(t, "held"),
		Knows: rapid.SliceOfN(id, 0, 2).Draw(t, "knows"), Worked: rapid.SliceOfN(id, 0, 3).Draw(t, "worked"),
	}
	if rapid.Bool().Draw(t, "rated") {
		rate := rapid.Int64().Draw(t, "rate")
		d.HourlyRate, d.AvailableFrom = &rate, &day
	}
	if rapid.Bool().Draw(t, "outside") {
		d.Outside, d.Currency, d.Everyone = true, "JPY", rapid.Bool().Draw(t, "everyone")
		d.From, d.Barred = rapid.SliceOfN(id, 0, 2).Draw(t, "from"), rapid.SliceOfN(id, 0, 2).Draw(t, "barred")
	}
	return d
}
