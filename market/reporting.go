package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// An Officer is somebody who looks into a company's reports.
type Officer struct {
	PersonID uuid.UUID
	Name     string
	Level    int // 1: named by the company; 2: its administrator; 3: who runs the installation
}

// A ReportDesk is who looks into a company's reports, and for how many years after their end names stay in them.
type ReportDesk struct {
	Officers  []Officer
	KeptYears int
}

// ReportDesk tells whoever belongs to a company who looks into its reports, so that nobody has to tell the wrong one.
func (s *Service) ReportDesk(ctx context.Context, who Actor, company uuid.UUID) (d ReportDesk, err error) {
	if !who.Belongs(company) {
		return d, ErrNotFound
	}
	g := s.db.Gorm(ctx)
	if err := g.Raw("SELECT reports_kept FROM companies WHERE id = ?", company).Scan(&d.KeptYears).Error; err != nil {
		return d, err
	}
	err = g.Raw(`SELECT person_id, name, level FROM (SELECT o.person_id, name_of(p) AS name, o.level, count(*) FILTER (WHERE o.level = 1) OVER () AS named, count(*) FILTER (WHERE o.level <= 2) OVER () AS ours
			FROM report_officers o JOIN people p ON p.id = o.person_id WHERE o.company_id = ?) officers
		WHERE level = 1 OR level = 2 AND named < 2 OR level = 3 AND ours < 2 ORDER BY level, name, person_id`, company).Scan(&d.Officers).Error
	return d, err
}

// KeepReports says for how many years after their end names stay in a company's reports.
func (s *Service) KeepReports(ctx context.Context, who Actor, company uuid.UUID, years int) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	if years < 1 || years > 10 {
		return ErrBetween.On("kept_years").With("min", 1).With("max", 10)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE companies SET reports_kept = ? WHERE id = ?", years, company).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "conduct.keep", "company:"+company.String(), map[string]any{"years": years})
	})
}

// Reported is a report that was just made, with the code of an anonymous one, which is told this once.
type Reported struct {
	ID   uuid.UUID // of a named one
	Code string    // of an anonymous one
}

// MakeReport takes in what the actor reports to a company that they belong to. Of an anonymous one nothing leads back: who asked is
// compared with whom it is about, and forgotten. The desk hears of it within the hour and not at once, so that no clock tells either.
func (s *Service) MakeReport(ctx context.Context, who Actor, company uuid.UUID, d ReportDraft) (Reported, error) {
	var made Reported
	if !who.Belongs(company) {
		return made, ErrNotFound
	}
	if err := d.check(); err != nil {
		return made, err
	}
	about, err := s.reportedPeople(ctx, who, company, d.Subject)
	if err != nil {
		return made, err
	}
	desk, err := s.ReportDesk(ctx, who, company)
	if err != nil {
		return made, err
	}
	for i, id := range d.Officers {
		if !slices.ContainsFunc(desk.Officers, func(o Officer) bool { return o.PersonID == id }) {
			return made, ErrNoOfficer.On("officers[" + itoa(i) + "]")
		}
		about = append(about, id)
	}
	r := Report{ID: uuid.New(), CompanyID: company, Category: d.Category, Subject: d.Subject, State: ReportReceived, Version: 1}
	if d.Anonymous {
		made.Code, r.CodeHash = reportCode()
	} else {
		made.ID, r.ReporterID = r.ID, &who.PersonID
	}
	return made, s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, company)
		if err != nil {
			return err
		}
		r.ReceivedOn = c.Today(s.clock.Now())
		if err := tx.Create(&r).Error; err != nil {
			return err
		}
		for _, id := range about {
			if err := concern(tx, r, id); err != nil {
				return err
			}
		}
		return writeEntry(tx, r, FromReporter, nil, d.Text, r.ReceivedOn)
	})
}

// concern says that a report is about somebody.
func concern(tx *gorm.DB, r Report, person uuid.UUID) error {
	return tx.Exec("INSERT INTO report_people (report_id, company_id, person_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", r.ID, r.CompanyID, person).Error
}

// writeEntry adds to a report. Its id is random, as the report's.
func writeEntry(tx *gorm.DB, r Report, side string, author *uuid.UUID, text string, day civil.Date) error {
	return tx.Exec(`INSERT INTO report_entries (id, report_id, company_id, position, side, author_id, text, on_day)
		SELECT ?, ?, ?, 1 + coalesce(max(position), 0), ?, ?, ?, ? FROM report_entries WHERE report_id = ?`,
		uuid.New(), r.ID, r.CompanyID, side, author, text, day, r.ID).Error
}

// reportedPeople are the people behind what a report is about, of things that the actor may see at the company; never themselves.
func (s *Service) reportedPeople(ctx context.Context, who Actor, company uuid.UUID, subject string) ([]uuid.UUID, error) {
	if subject == "" {
		return nil, nil
	}
	kind, rest, _ := strings.Cut(subject, ":")
	id, err := uuid.Parse(rest)
	find, known := reportable[kind]
	if !known || err != nil || subject != kind+":"+id.String() {
		return nil, ErrReportSubject.On("subject")
	}
	people, err := find(s, s.db.Gorm(ctx), who, company, id)
	if err == nil && len(people) == 0 {
		err = ErrReportSubject.On("subject")
	}
	return slices.DeleteFunc(people, func(p uuid.UUID) bool { return p == who.PersonID }), err
}

// reportable finds the people behind each kind of thing, of what the actor may see.
var reportable = map[string]func(s *Service, g *gorm.DB, who Actor, company, id uuid.UUID) ([]uuid.UUID, error){
	"task": func(s *Service, g *gorm.DB, who Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, who.VisibleTasks(g.Table("tasks").Where("tasks.id = ? AND tasks.company_id = ?", id, company), s.clock.Now()).Pluck("tasks.created_by", &people).Error
	},
	"bid": func(_ *Service, g *gorm.DB, who Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, g.Raw("SELECT unnest(ARRAY[b.person_id, t.created_by]) FROM (?) b JOIN tasks t ON t.id = b.task_id",
			who.VisibleBids(g.Table("bids").Where("bids.id = ? AND bids.company_id = ?", id, company))).Scan(&people).Error
	},
	"event": func(s *Service, g *gorm.DB, who Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, g.Raw("WITH seen AS (?) SELECT created_by FROM seen UNION SELECT h.person_id FROM seen JOIN event_hosts h ON h.event_id = seen.id",
			who.VisibleEvents(g.Table("events").Where("events.id = ? AND events.company_id = ?", id, company), s.clock.Now())).Scan(&people).Error
	},
	"post": func(s *Service, g *gorm.DB, who Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, who.VisiblePosts(g.Table("posts").Where("posts.id = ? AND posts.company_id = ?", id, company), s.clock.Now()).Pluck("posts.created_by", &people).Error
	},
	"message": func(_ *Service, g *gorm.DB, who Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, who.VisibleThreads(g.Table("messages").Joins("JOIN threads ON threads.id = messages.thread_id").Where("messages.id = ? AND messages.company_id = ?", id, company)).
			Pluck("messages.author_id", &people).Error
	},
	"member": func(_ *Service, g *gorm.DB, _ Actor, company, id uuid.UUID) (people []uuid.UUID, err error) {
		return people, g.Raw("SELECT person_id FROM memberships WHERE id = ? AND company_id = ?", id, company).Scan(&people).Error
	},
}

// MyReports lists what the actor reported under their name, the latest first.
func (s *Service) MyReports(ctx context.Context, who Actor) ([]Report, error) {
	var list []Report
	q := s.db.Gorm(ctx).Where("reporter_id = ?", who.PersonID)
	if who.Through != uuid.Nil {
		q = q.Where("company_id = ?", who.Through)
	}
	return list, q.Order("received_on DESC, id").Limit(100).Find(&list).Error
}

// desksOf narrows a query over reports to those that the actor looks into: who came in without what a company's provider vouches for
// does not, be it that they are of its desk.
func (a Actor) desksOf(q *gorm.DB) *gorm.DB {
	operates := slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == Operator })
	return q.Where("EXISTS (SELECT 1 FROM report_desk d WHERE d.report_id = reports.id AND d.person_id = ? AND (d.company_id IN ? OR d.level = 3 AND ?))",
		a.PersonID, orNone(a.Companies(HandleReports)), operates)
}

// Reports lists what the actor looks into, what waits longest first; or what is over, the latest first.
func (s *Service) Reports(ctx context.Context, who Actor, over bool) ([]Report, error) {
	if err := who.MayAnywhere(HandleReports); err != nil {
		return nil, err
	}
	order := "received_on, id"
	if over {
		order = "closed_at DESC, id"
	}
	var list []Report
	return list, who.desksOf(s.db.Gorm(ctx).Where("(state = 'closed') = ?", over)).Order(order).Limit(500).Find(&list).Error
}

// A ReportView is a report as its desk or its reporter sees it.
type ReportView struct {
	Report
	Company     string
	CompanyEN   string
	Entries     []ReportEntry
	OnDesk      bool         // the reader looks into it; what follows is for them alone
	Reporter    string       // empty: anonymous
	SubjectName string       // what it is about, by its title or name, or the words of a message; empty: nothing, or it is gone
	About       []Officer    // whom it is about
	Looks       []ReportLook // who opened it, and did what
	Suspensions []Suspension
	Desk        []string // who else looks into it
}

// A ReportLook is that somebody of the desk opened a report, or did something about it.
type ReportLook struct {
	Name string
	Did  string
	At   time.Time
}

// Report reads one for its desk, which is written down, and for whoever made it under their name.
func (s *Service) Report(ctx context.Context, who Actor, id uuid.UUID) (ReportView, error) {
	g := s.db.Gorm(ctx)
	var r Report
	if err := one(g.Where("id = ? AND reporter_id = ?", id, who.PersonID).Take(&r)); err == nil && (who.Through == uuid.Nil || who.Through == r.CompanyID) {
		return s.viewReport(g, r)
	}
	if err := one(who.desksOf(g.Where("id = ?", id)).Take(&r)); err != nil {
		return ReportView{}, err
	}
	if err := s.lookAt(g, who, r, "open"); err != nil {
		return ReportView{}, err
	}
	v, err := s.viewReport(g, r)
	if err != nil {
		return v, err
	}
	return v, s.forDesk(g, &v)
}

// lookAt writes down who of the desk did what.
func (s *Service) lookAt(g *gorm.DB, who Actor, r Report, did string) error {
	return g.Exec("INSERT INTO report_looks (id, report_id, company_id, person_id, did, at) VALUES (?, ?, ?, ?, ?, ?)", newID(), r.ID, r.CompanyID, who.PersonID, did, s.clock.Now()).Error
}

// viewReport is what the reporter sees.
func (s *Service) viewReport(g *gorm.DB, r Report) (ReportView, error) {
	v := ReportView{Report: r}
	c, err := CompanyByID(g, r.CompanyID)
	if err != nil {
		return v, err
	}
	v.Company, v.CompanyEN = c.Name, c.NameEN
	return v, g.Raw("SELECT side, '' AS author, text, on_day FROM report_entries WHERE report_id = ? AND side <> 'note' ORDER BY position", r.ID).Scan(&v.Entries).Error
}

// forDesk adds what the desk alone sees.
func (s *Service) forDesk(g *gorm.DB, v *ReportView) error {
	v.OnDesk, v.Entries = true, nil
	for into, query := range map[any]string{
		&v.Entries: "SELECT e.side, coalesce(name_of(p), '') AS author, e.text, e.on_day FROM report_entries e LEFT JOIN people p ON p.id = e.author_id WHERE e.report_id = ? ORDER BY e.position",
		&v.About:   "SELECT a.person_id, name_of(p) AS name FROM report_people a JOIN people p ON p.id = a.person_id WHERE a.report_id = ? ORDER BY name, a.person_id",
		&v.Looks:   "SELECT name_of(p) AS name, l.did, l.at FROM report_looks l JOIN people p ON p.id = l.person_id WHERE l.report_id = ? ORDER BY l.at DESC, l.id DESC LIMIT 200",
		&v.Suspensions: `SELECT s.*, name_of(p) AS name, name_of(a) AS asked_of FROM suspensions s JOIN people p ON p.id = s.person_id JOIN people a ON a.id = s.asked_by
			WHERE s.report_id = ? ORDER BY s.asked_at, s.id`,
		&v.Desk: "SELECT name_of(p) FROM report_desk d JOIN people p ON p.id = d.person_id WHERE d.report_id = ? ORDER BY 1",
	} {
		if err := g.Raw(query, v.ID).Scan(into).Error; err != nil {
			return err
		}
	}
	if v.ReporterID != nil {
		if err := g.Raw("SELECT name_of(p) FROM people p WHERE p.id = ?", *v.ReporterID).Scan(&v.Reporter).Error; err != nil {
			return err
		}
	}
	kind, id, _ := strings.Cut(v.Subject, ":")
	if query, known := subjectNames[kind]; known {
		return g.Raw(query, id, v.CompanyID).Scan(&v.SubjectName).Error
	}
	return nil
}

// subjectNames tell the desk what each kind of thing is that it may have no other way to see. The words of a message are there because
// whoever reported it could read them.
var subjectNames = map[string]string{
	"task":    "SELECT title FROM tasks WHERE id = ? AND company_id = ?",
	"bid":     "SELECT concat_ws(' – ', t.title, name_of(p)) FROM bids b JOIN tasks t ON t.id = b.task_id JOIN people p ON p.id = b.person_id WHERE b.id = ? AND b.company_id = ?",
	"event":   "SELECT title FROM events WHERE id = ? AND company_id = ?",
	"post":    "SELECT coalesce(nullif(title, ''), title_en) FROM posts WHERE id = ? AND company_id = ?",
	"message": "SELECT left(body, 2000) FROM messages WHERE id = ? AND company_id = ?",
	"member":  "SELECT name_of(p) FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.id = ? AND m.company_id = ?",
}

// A Namesake is somebody of a company, who left it or works there, as its reporting desk tells one from another.
type Namesake struct {
	ID         uuid.UUID // the membership; of who has none the person's own
	Name       string
	Email      string
	Department string // of the latest stint; empty: none is known
}

// ReportMembers finds those whom a report may be about for its desk, by parts of a name, a reading or an address; at most twenty.
func (s *Service) ReportMembers(ctx context.Context, who Actor, id uuid.UUID, words string) (list []Namesake, err error) {
	g := s.db.Gorm(ctx)
	var r Report
	if err := one(who.desksOf(g.Where("id = ?", id)).Take(&r)); err != nil {
		return nil, err
	}
	if strings.TrimSpace(words) == "" {
		return nil, nil
	}
	q := g.Table("people p").Joins("LEFT JOIN memberships m ON m.person_id = p.id AND m.company_id = ?", r.CompanyID).
		Where("m.id IS NOT NULL OR "+worksAt("p.id", "@company"), map[string]any{"company": r.CompanyID})
	for _, word := range strings.Fields(words) {
		q = q.Where("concat_ws(' ', p.family_name, p.given_name, p.family_kana, p.given_kana, coalesce(m.email, p.email)) ILIKE ?", "%"+escapeLike(word)+"%")
	}
	return list, q.Select(`coalesce(m.id, p.id) AS id, name_of(p) AS name, coalesce(m.email, p.email) AS email, coalesce((SELECT d.name FROM stints s JOIN departments d ON d.id = s.department_id
		WHERE s.membership_id = m.id ORDER BY s.joined_on DESC LIMIT 1), '') AS department`).Order("name, id").Limit(20).Scan(&list).Error
}

// worksAt is true of a person who holds a role at a company.
func worksAt(person, company string) string {
	return "EXISTS (SELECT 1 FROM role_grants w WHERE w.person_id = " + person + " AND w.company_id = " + company + " AND w.accepted_at IS NOT NULL)"
}

// ReportByCode reads an anonymous report for whoever has its code.
func (s *Service) ReportByCode(ctx context.Context, code string) (ReportView, error) {
	g := s.db.Gorm(ctx)
	var r Report
	if err := g.Where("code_hash = ?", codeHash(code)).Limit(1).Find(&r).Error; err != nil {
		return ReportView{}, err
	}
	if r.ID == uuid.Nil {
		return ReportView{}, ErrReportCode.On("code")
	}
	return s.viewReport(g, r)
}

// AddByCode adds to an anonymous report for whoever has its code. One that was closed is opened again by it.
func (s *Service) AddByCode(ctx context.Context, code, text string) (ReportView, error) {
	err := s.addToReport(ctx, text, func(tx *gorm.DB, r *Report) error {
		if err := tx.Where("code_hash = ?", codeHash(code)).Limit(1).Find(r).Error; err != nil || r.ID != uuid.Nil {
			return err
		}
		return ErrReportCode.On("code")
	})
	if err != nil {
		return ReportView{}, err
	}
	return s.ReportByCode(ctx, code)
}

// AddToReport adds to what the actor reported under their name.
func (s *Service) AddToReport(ctx context.Context, who Actor, id uuid.UUID, text string) error {
	return s.addToReport(ctx, text, func(tx *gorm.DB, r *Report) error {
		return one(tx.Where("id = ? AND reporter_id = ?", id, who.Self()).Take(r))
	})
}

// addToReport writes what a reporter adds; the desk hears of it within the hour.
func (s *Service) addToReport(ctx context.Context, text string, find func(*gorm.DB, *Report) error) error {
	text = sayable(tidyText(text))
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var r Report
		if err := find(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), &r); err != nil {
			return err
		}
		if err := checkEntry(text); err != nil {
			return err
		}
		c, err := CompanyByID(tx, r.CompanyID)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if err := r.step(AddToReport, now); err != nil {
			return err
		}
		r.Told = false
		if err := tx.Save(&r).Error; err != nil {
			return err
		}
		return writeEntry(tx, r, FromReporter, nil, text, c.Today(now))
	})
}

// A DeskStep is what somebody of the desk does about a report.
type DeskStep struct {
	Do      ReportStep
	Text    string        // what is written; not needed for a look
	Outcome ReportOutcome // of CloseReport
}

// TakeReport carries a report on, seen being the version that was looked at. A named reporter is written to when there is something for them to read.
func (s *Service) TakeReport(ctx context.Context, who Actor, id uuid.UUID, seen int, e DeskStep) error {
	e.Text = sayable(tidyText(e.Text))
	return s.onDesk(ctx, who, id, string(e.Do), func(tx *gorm.DB, r *Report, c Company) error {
		switch {
		case !slices.Contains(r.State.DeskSteps(), e.Do):
			return ErrReportState.On("do").With("state", r.State)
		case r.Version != seen:
			return ErrStaleVersion.On("version")
		case e.Do == CloseReport && !slices.Contains(ReportOutcomes, e.Outcome):
			return ErrNotOneOf.On("outcome").With("value", shortened(string(e.Outcome))).With("allowed", strings.Join(texts(ReportOutcomes), ", "))
		}
		if e.Text != "" || e.Do != LookIntoReport {
			if err := checkEntry(e.Text); err != nil {
				return err
			}
		}
		now := s.clock.Now()
		if err := r.step(e.Do, now); err != nil {
			return err
		}
		if e.Do == CloseReport {
			r.Outcome = e.Outcome
		}
		if err := tx.Save(r).Error; err != nil || e.Text == "" {
			return err
		}
		side := FromDesk
		if e.Do == NoteReport {
			side = DeskNote
		}
		if err := writeEntry(tx, *r, side, &who.PersonID, e.Text, c.Today(now)); err != nil || side == DeskNote || r.ReporterID == nil {
			return err
		}
		return jobs.Enqueue(tx, Letter{Letter: LetterReport, PersonID: *r.ReporterID, CompanyID: r.CompanyID, Path: reportPath(r.ID), Facts: map[string]any{"what": "answer"}})
	})
}

func reportPath(id uuid.UUID) string { return "/reports/" + id.String() }

// onDesk runs what somebody of the desk does about a report that nothing else changes meanwhile, and writes down that they did.
func (s *Service) onDesk(ctx context.Context, who Actor, id uuid.UUID, did string, do func(*gorm.DB, *Report, Company) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var r Report
		if err := one(who.desksOf(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id)).Take(&r)); err != nil {
			return err
		}
		c, err := CompanyByID(tx, r.CompanyID)
		if err != nil {
			return err
		}
		if err := do(tx, &r, c); err != nil {
			return err
		}
		return s.lookAt(tx, who, r, did)
	})
}

// ConcernInReport says that a report is about a member of the company as well: from then on they are nobody of its desk. member is
// a membership, or the own id of somebody who works there or looks into reports.
func (s *Service) ConcernInReport(ctx context.Context, who Actor, id, member uuid.UUID) error {
	return s.onDesk(ctx, who, id, "concern", func(tx *gorm.DB, r *Report, _ Company) error {
		person, err := reportedIn(tx, *r, member)
		if err != nil {
			return err
		}
		return concern(tx, *r, person)
	})
}

// reportedIn is the person behind a membership of the report's company, or behind their own id where they work there, look into its
// reports or the report is about them already.
func reportedIn(tx *gorm.DB, r Report, member uuid.UUID) (uuid.UUID, error) {
	var people []uuid.UUID
	err := tx.Raw(`SELECT person_id FROM memberships WHERE company_id = @company AND id = @member UNION SELECT person_id FROM report_officers WHERE company_id = @company AND person_id = @member
		UNION SELECT id FROM people WHERE id = @member AND `+worksAt("id", "@company")+`
		UNION SELECT person_id FROM report_people WHERE report_id = @report AND person_id = @member`,
		map[string]any{"company": r.CompanyID, "report": r.ID, "member": member}).Scan(&people).Error
	if err == nil && len(people) == 0 {
		err = ErrUnknownMember.On("member_id").With("value", member)
	}
	return first(people), err
}

// TellDesk writes to the desks of reports that came or were added to since it last did, and reminds them of those whose days run
// out. It tells how many reports there were.
func (s *Service) TellDesk(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var list []struct {
			Report
			Today civil.Date `gorm:"type:date"`
		}
		err := tx.Raw(`SELECT reports.*, `+today+` AS today FROM reports JOIN companies c ON c.id = reports.company_id
			WHERE reports.state <> 'closed' AND (NOT reports.told OR reports.answered_at IS NULL AND reports.reminded < 3)
			ORDER BY reports.received_on, reports.id FOR UPDATE OF reports SKIP LOCKED`, map[string]any{"now": s.clock.Now()}).Scan(&list).Error
		if err != nil {
			return err
		}
		for _, r := range list {
			due, what := r.due(r.Today), "new"
			if r.Told {
				what = "waits"
			}
			if r.Told && due <= r.Reminded {
				continue
			}
			if err := s.writeToDesk(tx, r.Report, what, uuid.Nil); err != nil {
				return err
			}
			if err := tx.Exec("UPDATE reports SET told = true, reminded = greatest(reminded, ?) WHERE id = ?", due, r.ID).Error; err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// writeToDesk writes to all of a report's desk but one. The letter says nothing of what was reported.
func (s *Service) writeToDesk(tx *gorm.DB, r Report, what string, but uuid.UUID) error {
	var desk []uuid.UUID
	if err := tx.Raw("SELECT person_id FROM report_desk WHERE report_id = ? AND person_id <> ? ORDER BY person_id", r.ID, but).Scan(&desk).Error; err != nil {
		return err
	}
	for _, p := range desk {
		if err := jobs.Enqueue(tx, Letter{Letter: LetterReport, PersonID: p, CompanyID: r.CompanyID, Path: reportPath(r.ID), Facts: map[string]any{"what": what}}); err != nil {
			return err
		}
	}
	return nil
}

// ForgetReports takes names and texts out of reports that were closed longer ago than their company keeps them, and tells how many.
// What they were about, how they ended and when stays, to be counted.
func (s *Service) ForgetReports(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var ids []uuid.UUID
		err := tx.Raw(`SELECT reports.id FROM reports JOIN companies c ON c.id = reports.company_id WHERE reports.closed_at < CAST(@now AS timestamptz) - make_interval(years => c.reports_kept)
			AND reports.forgotten_at IS NULL AND NOT EXISTS (SELECT 1 FROM suspensions s WHERE s.report_id = reports.id AND s.state IN ('asked', 'held')) ORDER BY reports.id LIMIT 500 FOR UPDATE OF reports SKIP LOCKED`, map[string]any{"now": s.clock.Now()}).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		for _, table := range []string{"report_people", "report_entries", "report_looks", "suspensions"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE report_id IN ?", ids).Error; err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE reports SET reporter_id = NULL, code_hash = NULL, subject = '', forgotten_at = ? WHERE id IN ?", s.clock.Now(), ids).Error
	})
	return n, err
}
