package meili

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/matching"
)

// document is a member as the server keeps it, and as a [writer] writes it.
type document struct {
	ID      string   `json:"id"` // of the membership
	Person  string   `json:"person"`
	Company string   `json:"company"` // for somebody from outside one that is no company's id, see [guest]
	Order   int64    `json:"order"`   // what lists are sorted by
	P       int      `json:"p"`
	Tenure  int      `json:"tenure"`
	Left    int      `json:"left"`   // days since 1970
	Skills  []string `json:"skills"` // tokens, for filters
	Held    string   `json:"held"`   // the strengths, to be read back: "go:3 corporate-tax:1"
	Knows   []string `json:"knows"`
	Worked  []string `json:"worked"`
	Days    int      `json:"days"`           // employed there
	Free    int      `json:"free"`           // days since 1970; 0 for now
	Rate    *int64   `json:"rate,omitempty"` // left out when not stated, so that no ceiling includes it

	// Of somebody from outside alone.
	From     []string `json:"from,omitempty"`   // companies whose partners may see it, and [everyone]
	Barred   []string `json:"barred,omitempty"` // companies that may not
	Currency string   `json:"currency,omitempty"`
}

// everyone stands among the companies that somebody comes from where every company may see the document.
const everyone = "everyone"

// outside is the scope of the tokens that are nobody's own, and the company of documents that serve every company.
const outside = "outside"

// guest is the company of documents from outside that serve one company alone.
func guest(company uuid.UUID) string { return outside + ":" + company.String() }

// wanted are the attributes that a hit needs.
var wanted = []string{"id", "person", "p", "tenure", "left", "held", "knows"}

// hit reads a document back as an answer to the question.
func (d document) hit(q matching.Question) (matching.Hit, error) {
	membership, err := uuid.Parse(d.ID)
	person, err2 := uuid.Parse(d.Person)
	if err := cmp.Or(err, err2); err != nil {
		return matching.Hit{}, fmt.Errorf("meilisearch: document %q: %w", d.ID, err)
	}
	met := 0
	for word := range strings.FieldsSeq(d.Held) {
		skill, strength, _ := strings.Cut(word, ":")
		level, err := strconv.Atoi(strength)
		if err != nil {
			return matching.Hit{}, fmt.Errorf("meilisearch: document %q: %w", d.ID, err)
		}
		for _, w := range q.Skills {
			if w.Skill == skill && level >= w.Level {
				met += w.Weight
			}
		}
	}
	return matching.Hit{
		Membership: membership, Person: person, P: matching.Score(d.P), Tenure: matching.Score(d.Tenure), LeftOn: epoch.AddDays(d.Left),
		Met: met, Knows: q.Department != uuid.Nil && slices.Contains(d.Knows, q.Department.String()),
	}, nil
}

// orderOf is p, tenure and leaving date in one number that a float64 holds exactly.
func orderOf(d matching.Document) int64 {
	return (int64(d.P)<<14+int64(d.Tenure))<<20 + int64(d.LeftOn.DaysSince(matching.Never))
}

// scope is whose skills a token is of.
func scope(company uuid.UUID) string { return company.String() }

// token is a skill at a level within a scope, in twelve letters and digits. The server reads a filter's text several times
// over, so a token is short; and it folds what it compares, which would make one of c, c+ and c#. It begins with a letter
// because the server takes what looks like a number for one.
func token(scope, skill string, level int) string {
	sum := sha256.Sum256([]byte(scope + " " + strconv.Itoa(level) + " " + skill))
	return "s" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:10])[:11])
}

// tokens remembers those that were made, by their scope: a rebuild needs the same few thousand for everybody.
type tokens map[string]scoped

// scoped are the tokens of each skill, one for each level.
type scoped map[string]*[3]string

// mostScopes bounds what is remembered: the companies of a rebuild come mixed, and each needs a few hundred kilobytes.
const mostScopes = 200

func (known tokens) scope(scope string) scoped {
	of, there := known[scope]
	if !there {
		if len(known) >= mostScopes {
			clear(known)
		}
		of = scoped{}
		known[scope] = of
	}
	return of
}

func (known scoped) of(scope, skill string) *[3]string {
	made, there := known[skill]
	if !there {
		made = &[3]string{}
		for i := range made {
			made[i] = token(scope, skill, i+1)
		}
		known[skill] = made
	}
	return made
}

var epoch = civil.Date{Year: 1970, Month: 1, Day: 1}

func dayNumber(d civil.Date) int { return d.DaysSince(epoch) }

func texts(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
