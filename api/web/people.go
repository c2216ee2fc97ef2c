package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A directory is one page of a company's people, as filtered.
type directory struct {
	members     []market.Member
	query       string
	department  string
	departments []market.Department
	older       string
	paged       bool
	mayManage   bool
}

func (v *visit) getPeople() error {
	d := directory{query: v.c.Query("q"), department: v.c.Query("department"), paged: v.before() != uuid.Nil, mayManage: v.may(market.ManagePeople)}
	var err error
	d.members, err = v.Market.People(v.ctx, v.who, market.PeopleFilter{CompanyID: v.company.ID, Query: d.query, Department: d.department, Before: v.before(), Limit: pageSize})
	if err != nil {
		return err
	}
	if d.departments, err = v.Market.Departments(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	if len(d.members) > 0 {
		d.older = v.older("/people", len(d.members), d.members[len(d.members)-1].ID)
	}
	return v.ok(peoplePage(d))
}

// invitable are those of the page who can still be asked to join.
func (d directory) invitable() (n int) {
	for _, m := range d.members {
		if m.State != market.Joined {
			n++
		}
	}
	return n
}

func (v *visit) postInvitePeople() error {
	f, back := v.form(), "/people"
	if f.text("back") == "member" { // from somebody's own page
		back += "/" + f.uuid("member").String()
	}
	sent, err := v.Market.InvitePeople(v.ctx, v.who, v.company.ID, f.ids("member"))
	if err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, "people.invited", "n", sent)
}

func (v *visit) getMember() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	m, err := v.Market.LookAt(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	view, err := v.memberView(m, barForm{kind: string(market.InConflict)})
	if err != nil {
		return err
	}
	return v.ok(memberPage(view, ui.Fault{}))
}

const importPath = "/people/import"

func (v *visit) getImport() error { return v.ok(importPage(ui.Fault{})) }

// ErrNoFile is for an upload without a file.
var ErrNoFile = problem.Define(problem.Invalid, "no_file", "Choose a file first.", "ファイルを選択してください。")

// postImport checks a file, or reads it in, by a run that the reader then watches.
func (v *visit) postImport() error {
	file, err := v.upload("file")
	if err != nil {
		return v.refuse(err, importPage)
	}
	run, err := v.Market.StartImport(v.ctx, v.who, v.company.ID, file, v.c.PostForm("do") != "import")
	if err != nil {
		return v.refuse(err, importPage)
	}
	return v.to("/runs/"+run.ID.String(), "")
}

// postConfirmImport takes in the file that was just checked.
func (v *visit) postConfirmImport() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	run, err := v.Market.ConfirmImport(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, importPath)
	}
	return v.to("/runs/"+run.ID.String(), "")
}

// upload reads a file of the form; package api bounds how long it may be.
func (v *visit) upload(name string) ([]byte, error) {
	f, _, err := v.c.Request.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, ErrNoFile.On(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err == nil && len(content) == 0 {
		err = ErrNoFile.On(name)
	}
	return content, err
}

func (v *visit) getRun() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	run, err := v.Market.Run(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if run.Kind != market.RunImport {
		return v.to("/money/reconciliations/"+id.String(), "")
	}
	var report market.ImportReport
	if err := json.Unmarshal(run.Report, &report); err != nil {
		return err
	}
	return v.ok(runPage(run, report))
}

// payeeText says how somebody is paid, as far as taxes ask.
func payeeText(ctx context.Context, p market.Payee) string {
	key := "payee.individual"
	switch {
	case p.Corporate && p.NonResident:
		key = "payee.corporate.abroad"
	case p.Corporate:
		key = "payee.corporate"
	case p.NonResident:
		key = "payee.abroad"
	}
	return ui.T(ctx, key)
}

// ended reports whether nothing more happens with a run.
func ended(s jobs.State) bool { return s == jobs.Succeeded || s == jobs.Failed }
