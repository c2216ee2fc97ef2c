package web

import (
	"context"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A linesView is what happened on an account, with what may be said of the lines that nothing explains yet.
type linesView struct {
	account   billing.BankAccount
	lines     []billing.BankLine
	meanings  map[uuid.UUID][]billing.Meaning
	maySettle bool
	older     string
	paged     bool
}

// open reports whether any line waits for somebody.
func (l linesView) open() bool {
	for _, line := range l.lines {
		if line.MatchedKind == "" {
			return true
		}
	}
	return false
}

func accountPath(id uuid.UUID) string { return bankPath + "/" + id.String() }

// lineText is what the bank says in words.
func lineText(l billing.BankLine) string {
	if text := strings.TrimSpace(l.Name + " " + l.Description); text != "" {
		return text
	}
	return l.Reference
}

// lineMark says what became of a line.
func lineMark(ctx context.Context, l billing.BankLine) ui.Mark {
	switch l.MatchedKind {
	case "":
		return ui.Mark{Text: ui.T(ctx, "line.open"), Tone: ui.Warn}
	case billing.MatchOther:
		return ui.Mark{Text: ui.T(ctx, "line.is.other")}
	case billing.MatchReturn:
		return ui.Mark{Text: ui.T(ctx, "line.is.pay_return"), Tone: ui.Bad}
	}
	return ui.Mark{Text: ui.T(ctx, "line.is."+string(l.MatchedKind)), Tone: ui.Good}
}

// meaningText names what a line may say: R-7 in all, or R-7 · C-1001 · 高橋 由美.
func meaningText(ctx context.Context, m billing.Meaning) string {
	if m.Item == nil {
		return ui.T(ctx, "line.do.pay_run", "run", m.Run.Label())
	}
	return ui.T(ctx, "line.do."+string(m.Kind), "run", m.Run.Label(), "name", m.Item.Of.PersonName, "title", m.Item.Of.Title)
}

// meaningValue is how a button carries it back.
func meaningValue(line uuid.UUID, m billing.Meaning) string {
	return strings.Join([]string{line.String(), string(m.Kind), m.To.String()}, " ")
}

func (v *visit) bankLines() (linesView, error) {
	id, err := v.id()
	if err != nil {
		return linesView{}, err
	}
	view := linesView{maySettle: v.may(market.SettleMoney), paged: v.c.Query("before") != ""}
	if view.lines, err = v.Billing.BankLines(v.ctx, v.who, id, v.before(), pageSize); err != nil {
		return view, err
	}
	if view.meanings, err = v.Billing.Meanings(v.ctx, v.who, id, view.lines); err != nil {
		return view, err
	}
	if n := len(view.lines); n > 0 {
		view.older = v.older(accountPath(id), n, view.lines[n-1].ID)
	}
	all, err := v.Billing.BankAccounts(v.ctx, v.who, v.company.ID)
	for _, a := range all {
		if a.ID == id {
			view.account = a
			return view, err
		}
	}
	if err == nil {
		err = market.ErrNotFound
	}
	return view, err
}

func (v *visit) getBankLines() error {
	view, err := v.bankLines()
	if err != nil {
		return err
	}
	return v.ok(bankLinesPage(view, ui.Fault{}))
}

// postBankLines says what a line is, or that lines are nothing of this product's, or takes that back.
func (v *visit) postBankLines() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	done := "line.done.match"
	switch chosen := strings.Fields(f.text("match")); {
	case len(chosen) == 3:
		line, _ := uuid.Parse(chosen[0])
		to, _ := uuid.Parse(chosen[2])
		_, err = v.Billing.MatchLine(v.ctx, v.who, line, billing.MatchKind(chosen[1]), to)
	case f.text("reopen") != "":
		done, err = "line.done.reopen", v.Billing.ReopenLine(v.ctx, v.who, f.uuid("reopen"))
	default:
		lines := f.ids("lines")
		if done, err = "line.done.aside", f.err; err == nil {
			err = v.Billing.SetLinesAside(v.ctx, v.who, id, lines)
		}
	}
	if err != nil {
		view, again := v.bankLines()
		if again != nil {
			return again
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return bankLinesPage(view, fault) })
	}
	return v.to(accountPath(id), done)
}
