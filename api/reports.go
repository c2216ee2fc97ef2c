package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutReports is the reporting desk. Nobody writes down who asks for any of it; what the desk does is in the report itself.
func (s *Server) aboutReports() []endpoint {
	return []endpoint{
		get("/companies/{id}/report-desk", access.SignedIn, s.reportDesk, "Who looks into a company's reports"),
		put("/companies/{id}/report-desk", market.Administer, s.keepReports, "Say for how many years after their end names stay in reports"),
		post("/companies/{id}/reports", access.SignedIn, s.makeReport, "Report something, under my name or without it"),
		get("/me/reports", access.SignedIn, s.myReports, "What I reported under my name"),
		get("/reports", market.HandleReports, s.reports, "What I look into, what waits longest first"),
		get("/reports/{id}", access.SignedIn, s.oneReport, "One report, for its desk or who made it under their name"),
		post("/reports/{id}/entries", access.SignedIn, s.addToReport, "Add to what I reported under my name"),
		post("/reports/{id}/steps", market.HandleReports, s.takeReport, "Look into it, answer, note, say what was done, or close it"),
		get("/reports/{id}/members", market.HandleReports, s.reportMembers, "Find whom it may be about"),
		post("/reports/{id}/people", market.HandleReports, s.concernInReport, "Say that it is about somebody as well: they are out of its desk"),
		post("/reports/{id}/suspensions", market.HandleReports, s.askSuspension, "Ask that somebody be kept out of the network; another of the desk decides"),
		post("/suspensions/{id}/decide", market.HandleReports, s.decideSuspension, "Say yes or no to what another of the desk asked for"),
		post("/suspensions/{id}/lift", market.HandleReports, s.liftSuspension, "End a suspension at once"),
		limited(reading(post("/reports/lookup", access.Anybody, s.reportByCode, "Read an anonymous report by its code"))),
		limited(post("/reports/lookup/entries", access.Anybody, s.addByCode, "Add to an anonymous report by its code")),
	}
}

// reportOfficer is somebody who looks into reports.
type reportOfficer struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Name     string    `json:"name"`
	Level    int       `json:"level" enum:"1,2,3" doc:"1: named by the company; 2: its administrator; 3: who runs the installation"`
}

// reportDeskShown is who looks into a company's reports.
type reportDeskShown struct {
	Officers   []reportOfficer `json:"officers"`
	Categories []string        `json:"categories"`
	KeptYears  int             `json:"kept_years" doc:"After its end a report loses names and texts so many years later"`
}

func (s *Server) reportDesk(ctx context.Context, in *OfID) (*out[reportDeskShown], error) {
	d, err := s.cfg.Market.ReportDesk(ctx, access.Actor(ctx), in.ID)
	return answer(reportDeskShown{each(d.Officers, func(o market.Officer) reportOfficer { return reportOfficer(o) }), market.ReportCategories, d.KeptYears}, err)
}

type reportsKept struct {
	OfID
	Body struct {
		KeptYears int `json:"kept_years"`
	}
}

func (s *Server) keepReports(ctx context.Context, in *reportsKept) (*out[reportDeskShown], error) {
	if err := s.cfg.Market.KeepReports(ctx, access.Actor(ctx), in.ID, in.Body.KeptYears); err != nil {
		return nil, err
	}
	return s.reportDesk(ctx, &in.OfID)
}

type newReport struct {
	OfID
	Body struct {
		Category  string      `json:"category" doc:"See report-desk"`
		About     string      `json:"about,omitempty" doc:"task, bid, event, post, message or member, a colon and its id; nothing in particular when left out"`
		Officers  []uuid.UUID `json:"officers,omitempty" doc:"Of those who look into reports, whom it is about; they never see it"`
		Text      string      `json:"text"`
		Anonymous bool        `json:"anonymous,omitempty" doc:"Nobody can tell who made it, and the answer is read by its code"`
	}
}

// reported is a report that was just made.
type reported struct {
	ID   *uuid.UUID `json:"id" format:"uuid" doc:"null for an anonymous one"`
	Code string     `json:"code" doc:"Of an anonymous one; shown this once, and kept nowhere"`
}

func (s *Server) makeReport(ctx context.Context, in *newReport) (*out[reported], error) {
	who, b := access.Actor(ctx), in.Body
	if err := access.Attempt(ctx, "report "+who.PersonID.String()); err != nil {
		return nil, err
	}
	done, err := s.cfg.Market.MakeReport(ctx, who, in.ID, market.ReportDraft{Category: b.Category, Subject: b.About, Officers: b.Officers, Text: b.Text, Anonymous: b.Anonymous})
	view := reported{Code: done.Code}
	if done.ID != uuid.Nil {
		view.ID = &done.ID
	}
	return answer(view, err)
}

// reportLine is a report in a list.
type reportLine struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	CompanyID      uuid.UUID  `json:"company_id" format:"uuid"`
	Category       string     `json:"category"`
	State          string     `json:"state" enum:"received,looking,answered,measures,closed"`
	Outcome        string     `json:"outcome" doc:"Of a closed one: confirmed, not_confirmed, advised or withdrawn"`
	Anonymous      bool       `json:"anonymous"`
	Version        int        `json:"version" doc:"Send it along with a step"`
	ReceivedOn     civil.Date `json:"received_on" format:"date"`
	AcknowledgeBy  civil.Date `json:"acknowledge_by" format:"date"`
	AnswerBy       civil.Date `json:"answer_by" format:"date"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	AnsweredAt     *time.Time `json:"answered_at"`
	ClosedAt       *time.Time `json:"closed_at"`
}

func reportLineOf(r market.Report) reportLine {
	return reportLine{r.ID, r.CompanyID, r.Category, string(r.State), string(r.Outcome), r.Anonymous(), r.Version, r.ReceivedOn, r.AcknowledgeBy(), r.AnswerBy(), r.AcknowledgedAt, r.AnsweredAt, r.ClosedAt}
}

func (s *Server) myReports(ctx context.Context, _ *nothing) (*out[list[reportLine]], error) {
	all, err := s.cfg.Market.MyReports(ctx, access.Actor(ctx))
	return answer(whole(all, reportLineOf), err)
}

type reportSearch struct {
	Over bool `query:"over" doc:"Those that were closed"`
}

func (s *Server) reports(ctx context.Context, in *reportSearch) (*out[list[reportLine]], error) {
	all, err := s.cfg.Market.Reports(ctx, access.Actor(ctx), in.Over)
	return answer(whole(all, reportLineOf), err)
}

// reportEntry is what was written into a report.
type reportEntry struct {
	Side   string     `json:"side" enum:"reporter,desk,note" doc:"note: the desk's own, which the reporter does not read"`
	Author string     `json:"author" doc:"Of the desk, for the desk"`
	Text   string     `json:"text"`
	OnDay  civil.Date `json:"on" format:"date"`
}

// reportShown is a report with what was written.
type reportShown struct {
	reportLine
	About   string        `json:"about" doc:"What it is about, as it was reported"`
	Entries []reportEntry `json:"entries"`
	Desk    *reportInside `json:"desk,omitempty" doc:"For its desk alone"`
}

// reportInside is what the desk alone sees.
type reportInside struct {
	Reporter    string             `json:"reporter" doc:"Empty: anonymous"`
	AboutName   string             `json:"about_name" doc:"The title or name of what it is about, or the words of a message"`
	People      []reportPerson     `json:"people" doc:"Whom it is about"`
	Looks       []reportLook       `json:"looks" doc:"Who opened it or did what, the latest first"`
	Suspensions []reportSuspension `json:"suspensions"`
	Desk        []string           `json:"desk" doc:"Who looks into it"`
}

type reportPerson struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Name     string    `json:"name"`
}

type reportLook struct {
	Name string    `json:"name"`
	Did  string    `json:"did"`
	At   time.Time `json:"at"`
}

type reportSuspension struct {
	ID      uuid.UUID   `json:"id" format:"uuid"`
	Name    string      `json:"name"`
	UntilOn *civil.Date `json:"until_on" format:"date" doc:"The last day; null: until it is lifted"`
	Reason  string      `json:"reason" doc:"Its person reads it"`
	State   string      `json:"state" enum:"asked,held,declined,lifted"`
	AskedBy string      `json:"asked_by"`
}

func reportOf(v market.ReportView) reportShown {
	shown := reportShown{reportLine: reportLineOf(v.Report), About: v.Subject, Entries: each(v.Entries, func(e market.ReportEntry) reportEntry { return reportEntry(e) })}
	if v.OnDesk {
		shown.Desk = &reportInside{v.Reporter, v.SubjectName, each(v.About, func(o market.Officer) reportPerson { return reportPerson{o.PersonID, o.Name} }),
			each(v.Looks, func(l market.ReportLook) reportLook { return reportLook(l) }),
			each(v.Suspensions, func(d market.Suspension) reportSuspension {
				return reportSuspension{d.ID, d.Name, d.UntilOn, d.Reason, d.State, d.AskedOf}
			}), v.Desk}
	}
	return shown
}

func (s *Server) oneReport(ctx context.Context, in *OfID) (*out[reportShown], error) {
	v, err := s.cfg.Market.Report(ctx, access.Actor(ctx), in.ID)
	return answer(reportOf(v), err)
}

// reportAgain reads a report after something was done about it. Whoever is out of its desk by that reads it no more.
func (s *Server) reportAgain(ctx context.Context, id uuid.UUID, err error) (*out[reportShown], error) {
	if err != nil {
		return nil, err
	}
	return s.oneReport(ctx, &OfID{ID: id})
}

type reportAdded struct {
	OfID
	Body struct {
		Text string `json:"text"`
	}
}

func (s *Server) addToReport(ctx context.Context, in *reportAdded) (*out[reportShown], error) {
	return s.reportAgain(ctx, in.ID, s.cfg.Market.AddToReport(ctx, access.Actor(ctx), in.ID, in.Body.Text))
}

type reportStep struct {
	OfID
	Body struct {
		Version int    `json:"version" doc:"That was looked at"`
		Do      string `json:"do" enum:"look,answer,note,measure,close"`
		Text    string `json:"text,omitempty" doc:"Needed but for a look; the reporter reads it, unless it is a note"`
		Outcome string `json:"outcome,omitempty" doc:"To close it: confirmed, not_confirmed, advised or withdrawn"`
	}
}

func (s *Server) takeReport(ctx context.Context, in *reportStep) (*out[reportShown], error) {
	b := in.Body
	return s.reportAgain(ctx, in.ID, s.cfg.Market.TakeReport(ctx, access.Actor(ctx), in.ID, b.Version, market.DeskStep{Do: market.ReportStep(b.Do), Text: b.Text, Outcome: market.ReportOutcome(b.Outcome)}))
}

type reportWhom struct {
	OfID
	Q string `query:"q" maxLength:"200" doc:"Parts of a name, a reading or an address"`
}

// reportMember is somebody whom a report may be about.
type reportMember struct {
	MemberID   uuid.UUID `json:"member_id" format:"uuid"`
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	Department string    `json:"department"`
}

func (s *Server) reportMembers(ctx context.Context, in *reportWhom) (*out[list[reportMember]], error) {
	found, err := s.cfg.Market.ReportMembers(ctx, access.Actor(ctx), in.ID, in.Q)
	return answer(whole(found, func(m market.Namesake) reportMember { return reportMember{m.ID, m.Name, m.Email, m.Department} }), err)
}

type reportConcern struct {
	OfID
	Body struct {
		MemberID uuid.UUID `json:"member_id" format:"uuid" doc:"A membership of the company, or the person_id of somebody who works there, of an officer or of whom the report is about"`
	}
}

func (s *Server) concernInReport(ctx context.Context, in *reportConcern) (*nothing, error) {
	return nil, s.cfg.Market.ConcernInReport(ctx, access.Actor(ctx), in.ID, in.Body.MemberID)
}

type suspensionAsked struct {
	OfID
	Body struct {
		MemberID uuid.UUID   `json:"member_id" format:"uuid" doc:"A membership of the company, or the person_id of somebody who works there, of an officer or of whom the report is about"`
		UntilOn  *civil.Date `json:"until_on,omitempty" format:"date" doc:"The last day; until it is lifted when left out"`
		Reason   string      `json:"reason" doc:"Its person reads it: say nothing of who reported"`
	}
}

func (s *Server) askSuspension(ctx context.Context, in *suspensionAsked) (*out[reportSuspension], error) {
	b := in.Body
	d, err := s.cfg.Market.AskSuspension(ctx, access.Actor(ctx), in.ID, market.SuspensionDraft{Member: b.MemberID, UntilOn: b.UntilOn, Reason: b.Reason})
	return answer(reportSuspension{ID: d.ID, UntilOn: d.UntilOn, Reason: d.Reason, State: d.State, AskedBy: access.Actor(ctx).Name}, err)
}

type suspensionDecided struct {
	OfID
	Body struct {
		Yes bool `json:"yes" doc:"Whoever asked can say no alone: it takes it back"`
	}
}

func (s *Server) decideSuspension(ctx context.Context, in *suspensionDecided) (*nothing, error) {
	return nil, s.cfg.Market.DecideSuspension(ctx, access.Actor(ctx), in.ID, in.Body.Yes)
}

func (s *Server) liftSuspension(ctx context.Context, in *act) (*nothing, error) {
	return nil, s.cfg.Market.LiftSuspension(ctx, access.Actor(ctx), in.ID)
}

type reportCode struct {
	Body struct {
		Code string `json:"code" maxLength:"100"`
	}
}

func (s *Server) reportByCode(ctx context.Context, in *reportCode) (*out[reportShown], error) {
	v, err := s.cfg.Market.ReportByCode(ctx, in.Body.Code)
	return answer(reportOf(v), err)
}

type addedByCode struct {
	Body struct {
		Code string `json:"code" maxLength:"100"`
		Text string `json:"text"`
	}
}

func (s *Server) addByCode(ctx context.Context, in *addedByCode) (*out[reportShown], error) {
	v, err := s.cfg.Market.AddByCode(ctx, in.Body.Code, in.Body.Text)
	return answer(reportOf(v), err)
}
