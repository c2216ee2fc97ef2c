package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	makeReportPath   = "/report"
	reportByCodePath = "/report/code"
	reportsPath      = "/reports"
)

// quietPages begins the addresses of pages of which nobody writes down who asked.
var quietPages = []string{makeReportPath, reportsPath, "/suspensions/"}

func reportAt(id uuid.UUID) string { return reportsPath + "/" + id.String() }

// reportAbout leads to a report about a thing of a company.
func reportAbout(company uuid.UUID, kind string, id uuid.UUID) string {
	return makeReportPath + "?company=" + company.String() + "&about=" + kind + ":" + id.String()
}

// A reportForm is a report as it is typed.
type reportForm struct {
	companies             []market.ConductView // to choose from
	company               uuid.UUID
	desk                  market.ReportDesk
	category, about, text string
	anonymous             bool
	officers              []uuid.UUID
}

// reportForm is an empty one for the company that was chosen, or the only one.
func (v *visit) reportForm(company, about string) (f reportForm, err error) {
	f.company, _ = uuid.Parse(company)
	f.about = about
	for _, id := range v.belongsTo() {
		c, err := v.Market.Conduct(v.ctx, v.who, id)
		if err != nil {
			return f, err
		}
		f.companies = append(f.companies, c)
	}
	if f.company == uuid.Nil && len(f.companies) == 1 {
		f.company = f.companies[0].CompanyID
	}
	if f.company != uuid.Nil {
		f.desk, err = v.Market.ReportDesk(v.ctx, v.who, f.company)
	}
	return f, err
}

func (v *visit) getMakeReport() error {
	f, err := v.reportForm(v.c.Query("company"), v.c.Query("about"))
	if err != nil {
		return err
	}
	return v.ok(makeReportPage(f, ui.Fault{}))
}

func (v *visit) postMakeReport() error {
	in := v.form()
	f, err := v.reportForm(in.text("company"), in.text("about"))
	if err != nil {
		return err
	}
	f.category, f.text, f.anonymous, f.officers = in.text("category"), v.c.PostForm("text"), in.text("anonymous") == "yes", in.ids("officers")
	var done market.Reported
	if err = access.Attempt(v.ctx, "report "+v.who.PersonID.String()); err == nil {
		done, err = v.Market.MakeReport(v.ctx, v.who, f.company, market.ReportDraft{Category: f.category, Subject: f.about, Officers: f.officers, Text: f.text, Anonymous: f.anonymous})
	}
	switch {
	case err != nil:
		return v.refuse(err, func(fault ui.Fault) templ.Component { return makeReportPage(f, fault) })
	case f.anonymous:
		v.c.Header("Cache-Control", "no-store")
		return v.ok(reportCodePage(done.Code))
	}
	return v.to(reportAt(done.ID), "report.made")
}

func (v *visit) getReportByCode() error { return v.ok(askCodePage("", ui.Fault{})) }

// postReportByCode opens an anonymous report, and adds to it where something was written.
func (v *visit) postReportByCode() error {
	code, text := v.form().text("code"), v.c.PostForm("text")
	v.c.Header("Cache-Control", "no-store")
	if strings.TrimSpace(text) == "" {
		r, err := v.Market.ReportByCode(v.ctx, code)
		if market.ErrReportCode.Is(err) {
			return v.show(http.StatusNotFound, askCodePage(code, v.fault(market.ErrReportCode.On("code"))))
		} else if err != nil {
			return err
		}
		return v.ok(codedReportPage(r, code))
	}
	r, err := v.Market.AddByCode(v.ctx, code, text)
	if err == nil {
		return v.ok(codedReportPage(r, code))
	}
	return v.refuse(err, func(fault ui.Fault) templ.Component { return askCodePage(code, fault) })
}

// A reportsView is what the reader reported, and what they look into.
type reportsView struct {
	mine, desk []market.Report
	onDesk     bool
	over       bool
}

func (v *visit) getReports() error {
	l := reportsView{over: v.c.Query("over") != "", onDesk: v.who.MayAnywhere(market.HandleReports) == nil}
	var err error
	if l.mine, err = v.Market.MyReports(v.ctx, v.who); err != nil {
		return err
	}
	if l.onDesk {
		if l.desk, err = v.Market.Reports(v.ctx, v.who, l.over); err != nil {
			return err
		}
	}
	return v.ok(reportsPage(l))
}

// A reportPageView is one report with what is typed about it.
type reportPageView struct {
	market.ReportView
	reader            uuid.UUID
	do, text, outcome string
	words             string // whom the desk looks for
	found             []market.Namesake
}

// subjectPage is where the thing is that a report is about; empty: it has no page of its own.
func subjectPage(subject string) string {
	kind, id, _ := strings.Cut(subject, ":")
	if begin, ok := map[string]string{"task": "/tasks/", "bid": "/bids/", "event": eventsPath + "/", "post": newsPath + "/", "member": "/people/"}[kind]; ok {
		return begin + id
	}
	return ""
}

// peopleOptions are those whom a report is about.
func peopleOptions(about []market.Officer) []ui.Option {
	options := make([]ui.Option, len(about))
	for i, o := range about {
		options[i] = ui.Option{Value: o.PersonID.String(), Label: o.Name}
	}
	return options
}

func (v *visit) getReport() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Market.Report(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	p := reportPageView{ReportView: r, reader: v.who.PersonID, words: v.c.Query("q")}
	if r.OnDesk {
		if p.found, err = v.Market.ReportMembers(v.ctx, v.who, id, p.words); err != nil {
			return err
		}
	}
	return v.ok(reportPage(p, ui.Fault{}))
}

// postReport adds to a report, or takes one of the desk's steps.
func (v *visit) postReport() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	r, err := v.Market.Report(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	p := reportPageView{ReportView: r, reader: v.who.PersonID, do: f.text("do"), text: v.c.PostForm("text"), outcome: f.text("outcome")}
	switch p.do {
	case "add":
		err = v.Market.AddToReport(v.ctx, v.who, id, p.text)
	case "suspend":
		d := market.SuspensionDraft{Member: f.uuid("member"), UntilOn: f.day("until_on"), Reason: p.text}
		if err = f.err; err == nil {
			_, err = v.Market.AskSuspension(v.ctx, v.who, id, d)
		}
	case "concern":
		if err = v.Market.ConcernInReport(v.ctx, v.who, id, f.uuid("member")); err == nil {
			return v.to(reportsPath, "report.concerned")
		}
	default:
		err = v.Market.TakeReport(v.ctx, v.who, id, f.number("version"), market.DeskStep{Do: market.ReportStep(p.do), Text: p.text, Outcome: market.ReportOutcome(p.outcome)})
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return reportPage(p, fault) })
	}
	return v.to(reportAt(id), "report.saved")
}

// postSuspension decides about one, or lifts it.
func (v *visit) postSuspension() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if do := v.form().text("do"); do == "lift" {
		err = v.Market.LiftSuspension(v.ctx, v.who, id)
	} else {
		err = v.Market.DecideSuspension(v.ctx, v.who, id, do == "approve")
	}
	if err != nil {
		return v.retreat(err, reportsPath)
	}
	return v.to(reportsPath, "report.saved")
}

func (v *visit) postReportsKept() error {
	if err := v.Market.KeepReports(v.ctx, v.who, v.company.ID, v.form().number("kept_years")); err != nil {
		return v.retreat(err, companyConductPath)
	}
	return v.to(companyConductPath, "report.kept.saved")
}

var reportTones = map[market.ReportState]ui.Tone{market.ReportReceived: ui.Warn, market.ReportLooking: ui.Now, market.ReportAnswered: ui.Good, market.ReportMeasures: ui.Good}

func reportMark(ctx context.Context, s market.ReportState) ui.Mark {
	return ui.Mark{Text: s.In(ui.FrameOf(ctx).Language), Tone: reportTones[s]}
}

// reportDue says by when the desk should do what.
func reportDue(ctx context.Context, r market.Report) string {
	switch {
	case r.State == market.ReportClosed:
		return ui.T(ctx, "report.outcome."+string(r.Outcome))
	case r.AnsweredAt != nil:
		return ""
	case r.AcknowledgedAt == nil:
		return ui.T(ctx, "report.acknowledge_by", "day", ui.Day(ctx, r.AcknowledgeBy()))
	}
	return ui.T(ctx, "report.answer_by", "day", ui.Day(ctx, r.AnswerBy()))
}

// reportSteps are what the desk can do next.
func reportSteps(ctx context.Context, s market.ReportState) []ui.Option {
	var list []ui.Option
	for _, do := range s.DeskSteps() {
		list = append(list, ui.Option{Value: string(do), Label: ui.T(ctx, "report.do."+string(do))})
	}
	return list
}

func conductOptions(ctx context.Context, list []market.ConductView) []ui.Option {
	var options []ui.Option
	for _, c := range list {
		options = append(options, ui.Option{Value: c.CompanyID.String(), Label: inLanguage(ui.FrameOf(ctx).Language, c.CompanyEN, c.Company)})
	}
	return options
}

func yearOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for n := 1; n <= 10; n++ {
		options = append(options, ui.Option{Value: strconv.Itoa(n), Label: ui.T(ctx, "report.years", "n", n)})
	}
	return options
}

func reportOutcomes(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, o := range market.ReportOutcomes {
		options = append(options, ui.Option{Value: string(o), Label: ui.T(ctx, "report.outcome."+string(o))})
	}
	return options
}
