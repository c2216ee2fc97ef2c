package matching

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/matching/freetext"
)

//go:embed letters/*.txt
var savedLetters embed.FS

// savedTexts are the templates by their files' names: work.ja.txt. The first line is the subject.
var savedTexts = template.Must(template.New("letters").ParseFS(savedLetters, "letters/*.txt"))

// shownInLetter is how many things a letter names.
const shownInLetter = 20

// savedData is what the text of a letter can name.
type savedData struct {
	Name, Search, Company string
	Count, More           int
	Items                 []toldItem
	All, Stop             string // addresses
}

// A toldItem is a thing with its few facts and its address.
type toldItem struct{ Title, Facts, URL string }

// mail sends a letter about these things, the best first.
func (a *Alerts) mail(ctx context.Context, who market.Actor, saved SavedSearch, letter uuid.UUID, tell []uuid.UUID) error {
	if who.Email == "" {
		return nil // nobody can be written to yet
	}
	d := savedData{Name: line(who.Name), Search: line(saved.Name), Count: len(tell), More: max(len(tell)-shownInLetter, 0),
		All: a.baseURL + "/search/saved/" + saved.ID.String(), Stop: a.baseURL + "/unsubscribe/" + saved.StopKey.String()}
	var err error
	if d.Items, err = a.items(ctx, who, saved, tell[:min(len(tell), shownInLetter)]); err != nil {
		return err
	}
	if saved.CompanyID != nil {
		c, err := market.CompanyByID(a.s.db.Gorm(ctx), *saved.CompanyID)
		if err != nil {
			return err
		}
		d.Company = line(c.NameIn(string(who.Language)))
	}
	subject, text, err := savedText(saved.Kind, string(who.Language), d)
	if err != nil {
		return err
	}
	return a.mailer.Send(ctx, mail.Message{ID: "saved-" + letter.String(), To: who.Email, ToName: d.Name, Subject: subject, Text: text,
		Language: string(who.Language), Stop: d.Stop, TellsOf: append([]uuid.UUID{who.PersonID}, tell...)})
}

// savedText writes a letter in a language.
func savedText(kind SavedKind, language string, d savedData) (subject, text string, err error) {
	var b strings.Builder
	if err := savedTexts.ExecuteTemplate(&b, string(kind)+"."+language+".txt", d); err != nil {
		return "", "", err
	}
	subject, text, _ = strings.Cut(b.String(), "\n")
	return line(subject), strings.TrimSpace(text) + "\n", nil
}

// items reads what the letter says about each thing, as the reader may see it.
func (a *Alerts) items(ctx context.Context, who market.Actor, saved SavedSearch, ids []uuid.UUID) ([]toldItem, error) {
	if saved.Kind == ForTalent {
		members, err := market.VisibleMembersByID(a.s.db.Gorm(ctx), who, *saved.CompanyID, ids, a.s.now())
		var items []toldItem
		for _, m := range inOrder(ids, members, func(m market.Member) uuid.UUID { return m.ID }) {
			items = append(items, toldItem{line(m.Name), memberFacts(japanese(who), m), a.baseURL + "/people/" + m.ID.String()})
		}
		return items, err
	}
	tasks, err := a.s.foundTasks(ctx, who, ids, freetext.Query{}, false)
	var items []toldItem
	for _, t := range tasks {
		items = append(items, toldItem{line(t.Title), taskFacts(japanese(who), t), a.baseURL + "/tasks/" + t.ID.String()})
	}
	return items, err
}

// taskFacts are whose work it is, what it may cost and by when it is due.
func taskFacts(ja bool, t FoundTask) string {
	language := map[bool]string{true: "ja", false: "en"}[ja]
	facts := []string{line(t.Company.NameIn(language))}
	if t.Budget != nil {
		amount := market.Money{Amount: *t.Budget, Currency: t.Currency}.String()
		facts = append(facts, say(ja, "up to "+amount, amount+"まで"))
	}
	if t.DueOn != nil {
		facts = append(facts, say(ja, "due "+t.DueOn.String(), dayJA(*t.DueOn)+"まで"))
	}
	return strings.Join(facts, " · ")
}

// memberFacts are where somebody worked last and what they can do best.
func memberFacts(ja bool, m market.Member) string {
	var facts []string
	if len(m.Stints) > 0 {
		facts = append(facts, line(either(ja, m.Stints[0].DepartmentEN, m.Stints[0].Department)))
	}
	for _, k := range m.Skills {
		if name := line(either(ja, k.NameEN, k.NameJA)); len(facts) < 4 && !slices.Contains(facts, name) {
			facts = append(facts, name)
		}
	}
	return strings.Join(facts, " · ")
}

func say(ja bool, en, inJapanese string) string {
	if ja {
		return inJapanese
	}
	return en
}

func dayJA(d civil.Date) string { return fmt.Sprintf("%d年%d月%d日", d.Year, d.Month, d.Day) }

// line takes line breaks out of what somebody typed, so that it cannot pass for more of the letter than it is.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }
