package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/market"
)

const logPath = "/settings/log"

// A logView is the page of who did what.
type logView struct {
	lines []market.LogLine
	nouns []string
	query url.Values // as it was asked
	older string
	paged bool
}

// asked is one of the query's parameters.
func (l logView) asked(name string) string { return strings.TrimSpace(l.query.Get(name)) }

// file is where the same lines are as a file.
func (l logView) file() string {
	q := maps.Clone(l.query)
	q.Del("before")
	return logPath + ".csv?" + q.Encode()
}

func (v *visit) logQuery() (q market.LogQuery, err error) {
	if q.From, err = parseDay(v.c.Query("from")); err != nil {
		return q, ErrDayForm.On("from")
	}
	if q.To, err = parseDay(v.c.Query("to")); err != nil {
		return q, ErrDayForm.On("to")
	}
	q.Noun, q.Text, q.Before, q.Limit = v.c.Query("noun"), v.c.Query("q"), v.before(), pageSize
	return q, nil
}

func (v *visit) getLog() error {
	view := logView{query: v.c.Request.URL.Query(), paged: v.c.Query("before") != ""}
	var err error
	if view.nouns, err = v.Market.LogNouns(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	q, err := v.logQuery()
	if err == nil {
		view.lines, err = v.Market.Log(v.ctx, v.who, v.company.ID, q)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return logPage(view, f) })
	}
	if n := len(view.lines); n == pageSize {
		view.query.Set("before", view.lines[n-1].ID.String())
		view.older = logPath + "?" + view.query.Encode()
	}
	return v.ok(logPage(view, ui.Fault{}))
}

// getLogFile sends all lines of a search.
func (v *visit) getLogFile() error {
	q, err := v.logQuery()
	if err != nil {
		return v.retreat(err, logPath)
	}
	q.Before = uuid.Nil
	write, err := v.Market.LogFile(v.ctx, v.who, v.company.ID, q)
	if err != nil {
		return v.retreat(err, logPath)
	}
	return v.send(billing.Download{Name: "homecoming-log.csv", Encoding: books.UTF8, Write: write})
}

func logNounOptions(ctx context.Context, nouns []string) []ui.Option {
	list := []ui.Option{{Label: ui.T(ctx, "log.all")}}
	for _, n := range nouns {
		list = append(list, ui.Option{Value: n, Label: logWord(ctx, "log.noun.", n)})
	}
	return list
}

// logWord is a half of an action in the reader's language; one that has no word yet is shown as it is written.
func logWord(ctx context.Context, kind, word string) string {
	if words.Known(kind + word) {
		return ui.T(ctx, kind+word)
	}
	return strings.ReplaceAll(word, "_", " ")
}

// logPaths are the pages of things that were acted on.
var logPaths = map[string]string{"task": "/tasks/", "bid": "/bids/", "contract": "/contracts/", "milestone": "/milestones/", "membership": "/people/"}

// logSubject is what was acted on, and its page where it has one.
func logSubject(l market.LogLine) (name, path string) {
	kind, id, _ := strings.Cut(l.Subject, ":")
	if base := logPaths[kind]; base != "" {
		path = base + id
	}
	if len(id) > 8 {
		id = "…" + id[len(id)-6:]
	}
	return strings.TrimSpace(kind + " " + id), path
}

// logDetail is what else the line says, as names and values.
func logDetail(l market.LogLine) []string {
	var detail map[string]any
	if json.Unmarshal(l.Detail, &detail) != nil {
		return nil
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		switch value := detail[name].(type) {
		case nil:
		case string:
			if value != "" {
				list = append(list, name+": "+value)
			}
		case float64, bool:
			list = append(list, fmt.Sprintf("%s: %v", name, value))
		default:
			if text, err := json.Marshal(value); err == nil && string(text) != "[]" && string(text) != "{}" {
				list = append(list, name+": "+string(text))
			}
		}
	}
	return list
}
