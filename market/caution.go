package market

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// A Caution is a sign that a commission may be employment, dispatch, or a conflict of interest in other clothes, or that
// its text asks for what the law forbids. It refuses nothing by itself: a second person of the company looks at it before
// the award and says why it is all right.
type Caution string

// The cautions.
const (
	FixedHours   Caution = "fixed_hours"   // the text fixes hours or a place of work
	Directed     Caution = "directed"      // the text has the method directed
	Dependence   Caution = "dependence"    // this company awards the person work again and again
	SameWork     Caution = "same_work"     // the department that the person left within a year
	OldSuperior  Caution = "old_superior"  // who runs the task worked with the person in one department
	PastConflict Caution = "past_conflict" // a conflict of interest was flagged within a year
	DispatchLike Caution = "dispatch_like" // hours or directions, for somebody who left within a year
	FeePassedOn  Caution = "fee_passed_on" // the text lays the transfer fee on the payee
	ForcedSale   Caution = "forced_sale"   // the text has the payee buy something: Freelance Act art. 5(1)(v)
	UnpaidExtras Caution = "unpaid_extras" // the text asks for work or favours without pay: art. 5(2)(i)
	OwnInterest  Caution = "own_interest"  // a referral fee for somebody with an interest in the customer, or on the paying side
)

// Cautions are all of them.
var Cautions = []Caution{FixedHours, Directed, Dependence, SameWork, OldSuperior, PastConflict, DispatchLike, FeePassedOn, ForcedSale, UnpaidExtras, OwnInterest}

const (
	dependentAwards = 3   // awards of one company to one person within a year, the first half a year ago
	halfYear        = 182 // days
	oneYear         = 365 // days after leaving: Worker Dispatch Act art. 40-9, and a fair measure for the rest
)

// What a text says that needs a second look, in letters made narrow and small.
var cautiousWords = map[Caution]*regexp.Regexp{
	FixedHours: regexp.MustCompile(`常駐|出社|勤務時間|就業時間|始業|終業|フルタイム|シフト制|[0-9]{1,2}[:時][0-9]{0,2}分?(から|~|〜|-|–|より)[0-9]{1,2}[:時]|週[1-7一二三四五六七]日(勤務|出勤)` +
		`|on[- ]site|at our office|working hours|full[- ]time|\b[0-9]{1,2}(:[0-9]{2})? ?(am)? ?(-|–|to) ?[0-9]{1,2}(:[0-9]{2})? ?pm\b`),
	Directed: regexp.MustCompile(`指揮命令|指揮監督|指示に従|上長|勤怠|朝礼|under (the|our) (direction|supervision)|report(s|ing)? to (the|our|your) (manager|supervisor|team lead)|attendance record`),
	FeePassedOn: regexp.MustCompile(`(振込|送金)手数料(は|を|が)?[^。\n]{0,12}(受託者|乙|受注者|ご負担|差し引|差引|控除)` +
		`|transfer (fee|cost)s?[^.\n]{0,30}(deducted|borne by (you|the (supplier|contractor|freelancer))|at your (own )?(cost|expense))`),
	ForcedSale: regexp.MustCompile(`(自社|当社|弊社|指定)[^。\n]{0,20}(購入|買い取|買取|加入)[^。\n]{0,10}(いただ|頂|くださ|下さ|必須|条件|お願い|義務|必要)` +
		`|(must|have to|required to|expected to|please) (buy|purchase|subscribe to)[^.\n]{0,40}(our|from us)\b`),
	UnpaidExtras: regexp.MustCompile(`無償(で|の|にて)[^。\n]{0,16}(対応|作業|修正|参加|協力|手伝|研修)` +
		`|(unpaid|without (extra |additional )?pay(ment)?|free of charge)[^.\n]{0,40}(revision|change|correction|work|meeting|help|support|training)` +
		`|(revision|change|correction|work|meeting|help|support|training)s?[^.\n]{0,40}(unpaid|without (extra |additional )?pay(ment)?\b|free of charge)`),
}

// A Situation is what cautions are seen in.
type Situation struct {
	Texts        []string    // the brief, and what the company wrote
	Today        civil.Date  // the company's
	LeftOn       *civil.Date // the last stint's end; nil for current staff and for somebody from outside
	SameUnit     bool        // that stint was in the task's department
	Awards       int         // of the company to the person within a year
	Steady       bool        // the first of them half a year ago or longer
	WorkedWith   bool        // who runs the task worked with the person in one department
	PastConflict bool        // a conflict of interest was flagged within a year
	Interest     bool        // see OwnInterest
}

// CautionsIn finds the signs of a situation, in their order.
func CautionsIn(s Situation) []Caution {
	text := strings.ToLower(norm.NFKC.String(strings.Join(s.Texts, "\n")))
	fresh := s.LeftOn != nil && s.Today.DaysSince(*s.LeftOn) < oneYear
	says := func(c Caution) bool { return cautiousWords[c].MatchString(text) }
	holds := map[Caution]bool{FixedHours: says(FixedHours), Directed: says(Directed), FeePassedOn: says(FeePassedOn),
		ForcedSale: says(ForcedSale), UnpaidExtras: says(UnpaidExtras),
		Dependence: s.Awards >= dependentAwards && s.Steady, SameWork: fresh && s.SameUnit, OldSuperior: s.WorkedWith, PastConflict: s.PastConflict, OwnInterest: s.Interest}
	holds[DispatchLike] = fresh && (holds[FixedHours] || holds[Directed])
	return slices.DeleteFunc(slices.Clone(Cautions), func(c Caution) bool { return !holds[c] })
}

// What can be wrong with cautions.
var (
	ErrUncleared = problem.Define(problem.Conflict, "cautions_uncleared",
		"Before this is awarded, a second person has to look at it: {cautions}. Ask for that on the bid.", "契約の前に、別の担当者による確認が必要です：{cautions}。応募の画面から確認を依頼してください。")
	ErrOwnCaution = problem.Define(problem.Conflict, "own_caution",
		"You run this task or asked yourself. Somebody else has to look at it.", "ご自身の案件または依頼のため確認できません。別の担当者が確認してください。")
	ErrNoCaution = problem.Define(problem.Conflict, "no_cautions",
		"There is nothing on this bid that needs a second look.", "この応募に確認が必要な事項はありません。")
	ErrLookedAt = problem.Define(problem.Conflict, "caution_asked_already",
		"A second look was asked for already.", "すでに確認を依頼済みです。")
)

// In says the caution in a few words.
func (c Caution) In(lang problem.Language) string { return cautionWords[c].In(lang) }

var cautionWords = map[Caution]problem.Word{
	FixedHours: {EN: "fixed hours or place", JA: "時間・場所の拘束"}, Directed: {EN: "directed work", JA: "指揮命令"},
	Dependence: {EN: "dependence on one client", JA: "専属性"}, SameWork: {EN: "same work as before leaving", JA: "退職前と同じ部門の業務"},
	OldSuperior: {EN: "former colleague in charge", JA: "元同僚・元上司が担当"}, PastConflict: {EN: "conflict of interest", JA: "利益相反"},
	DispatchLike: {EN: "dispatch-like within a year of leaving", JA: "離職後1年以内の派遣類似"}, FeePassedOn: {EN: "transfer fee passed on", JA: "振込手数料の転嫁"},
	ForcedSale: {EN: "forced purchase", JA: "購入の強制"}, UnpaidExtras: {EN: "work without pay", JA: "無償の役務の要請"},
	OwnInterest: {EN: "referrer's own interest", JA: "紹介者の利害関係"},
}

// cautionList says several in one sentence.
type cautionList []Caution

// In joins them the way the language does.
func (l cautionList) In(lang problem.Language) string {
	said := make([]string, len(l))
	for i, c := range l {
		said[i] = c.In(lang)
	}
	if lang == problem.Japanese {
		return strings.Join(said, "、")
	}
	return strings.Join(said, ", ")
}

// A Look is a second person's look at the cautions of a bid: asked for by one, given by another, kept for ever.
type Look struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	BidID     uuid.UUID
	TaskID    uuid.UUID
	Cautions  pq.StringArray `gorm:"type:text[]"`
	State     string         // asked, cleared or declined
	AskedBy   uuid.UUID
	AskedAt   time.Time
	DecidedBy *uuid.UUID
	DecidedAt *time.Time
	Reason    string // why it is all right, or is not

	AskedByName   string    `gorm:"->"`
	DecidedByName string    `gorm:"->"`
	Title         string    `gorm:"->"` // the task's
	Bidder        string    `gorm:"->"`
	Amount        int64     `gorm:"->"` // of the bid
	Currency      string    `gorm:"->"`
	RunBy         uuid.UUID `gorm:"->"` // who runs the task, and cannot clear it
}

// TableName is where looks are kept.
func (Look) TableName() string { return "caution_looks" }

// What became of a look.
const (
	LookAsked    = "asked"
	LookCleared  = "cleared"
	LookDeclined = "declined"
)

// List are its cautions.
func (l Look) List() []Caution {
	list := make([]Caution, len(l.Cautions))
	for i, c := range l.Cautions {
		list[i] = Caution(c)
	}
	return list
}

// situation reads what cautions of a bid are seen in.
func situation(g *gorm.DB, c Company, t Task, b Bid, now time.Time) (Situation, error) {
	s := Situation{Texts: []string{t.Title, t.Brief}, Today: c.Today(now)}
	var written []string
	if err := g.Raw("SELECT message FROM bid_versions WHERE bid_id = ? AND offered_by = 'company' ORDER BY version", b.ID).Scan(&written).Error; err != nil {
		return s, err
	}
	s.Texts = append(s.Texts, written...)
	var facts struct {
		LeftOn       *civil.Date `gorm:"type:date"`
		SameUnit     bool
		Awards       int
		Steady       bool
		WorkedWith   bool
		PastConflict bool
	}
	err := g.Raw(`SELECT last.left_on, coalesce(last.department_id = @department, false) AS same_unit,
			(SELECT count(*) FROM bids a WHERE a.company_id = @company AND a.person_id = @person AND a.state = 'accepted' AND a.updated_at > @since) AS awards,
			EXISTS (SELECT 1 FROM bids a WHERE a.company_id = @company AND a.person_id = @person AND a.state = 'accepted' AND a.updated_at > @since AND a.updated_at < @half) AS steady,
			EXISTS (SELECT 1 FROM stints mine JOIN memberships m ON m.id = mine.membership_id AND m.person_id = @person
				JOIN stints theirs ON theirs.company_id = mine.company_id AND theirs.department_id = mine.department_id
				JOIN memberships o ON o.id = theirs.membership_id AND o.person_id = @manager
				WHERE mine.company_id = @company AND @manager <> @person AND theirs.joined_on <= coalesce(mine.left_on, 'infinity') AND mine.joined_on <= coalesce(theirs.left_on, 'infinity')) AS worked_with,
			EXISTS (SELECT 1 FROM bars WHERE company_id = @company AND person_id = @person AND kind = 'conflict' AND made_at > @since) AS past_conflict
		FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT i.left_on, i.department_id FROM stints i JOIN memberships m ON m.id = i.membership_id
			WHERE i.company_id = @company AND m.person_id = @person ORDER BY i.left_on DESC NULLS FIRST LIMIT 1) last ON true`,
		map[string]any{"company": c.ID, "person": b.PersonID, "manager": t.CreatedBy, "department": t.DepartmentID, "since": now.AddDate(0, 0, -oneYear), "half": now.AddDate(0, 0, -halfYear)}).Scan(&facts).Error
	s.LeftOn, s.SameUnit, s.Awards, s.Steady = facts.LeftOn, facts.SameUnit, facts.Awards, facts.Steady
	s.WorkedWith, s.PastConflict = facts.WorkedWith, facts.PastConflict
	return s, err
}

// cautionsOf are the cautions of a bid as things stand.
func (s *Service) cautionsOf(g *gorm.DB, c Company, t Task, b Bid) ([]Caution, error) {
	seen, err := situation(g, c, t, b, s.clock.Now())
	if err == nil && t.FeeID != nil {
		// A fee is paid for no work: only who stands to whom matters.
		seen = Situation{WorkedWith: seen.WorkedWith, PastConflict: seen.PastConflict, Today: seen.Today}
		seen.Interest, err = interested(g, t)
	}
	return CautionsIn(seen), err
}

// BidCautions are the cautions of an open bid for those who run its task, and the looks that were asked for.
func (s *Service) BidCautions(ctx context.Context, who Actor, bid uuid.UUID) ([]Caution, []Look, error) {
	b, err := s.Bid(ctx, who, bid)
	if err != nil {
		return nil, nil, err
	}
	if err := who.May(PostTasks, b.CompanyID); err != nil {
		return nil, nil, err
	}
	g := s.db.Gorm(ctx)
	c, err := CompanyByID(g, b.CompanyID)
	if err != nil {
		return nil, nil, err
	}
	var t Task
	if err := one(g.Where("id = ?", b.TaskID).Take(&t)); err != nil {
		return nil, nil, err
	}
	found, err := s.cautionsOf(g, c, t, b)
	if err != nil {
		return nil, nil, err
	}
	looks, err := looksAt(g.Where("k.bid_id = ? AND k.company_id = ?", bid, b.CompanyID))
	return found, looks, err
}

func looksAt(q *gorm.DB) ([]Look, error) {
	var list []Look
	return list, q.Table("caution_looks k").Select(`k.*, name_of(a) AS asked_by_name,
			coalesce(name_of(d), '') AS decided_by_name, t.title, t.created_by AS run_by, name_of(p) AS bidder, b.amount, b.currency`).
		Joins("JOIN people a ON a.id = k.asked_by").Joins("LEFT JOIN people d ON d.id = k.decided_by").Joins("JOIN tasks t ON t.id = k.task_id").
		Joins("JOIN bids b ON b.id = k.bid_id").Joins("JOIN people p ON p.id = b.person_id").Order("k.id DESC").Limit(100).Scan(&list).Error
}

// Looks lists the second looks that wait at a company.
func (s *Service) Looks(ctx context.Context, who Actor, company uuid.UUID) ([]Look, error) {
	if err := who.May(ClearCautions, company); err != nil {
		return nil, err
	}
	return looksAt(s.db.Gorm(ctx).Where("k.company_id = ? AND k.state = 'asked'", company))
}

// AskLook asks for a second person's look at the cautions of an open bid.
func (s *Service) AskLook(ctx context.Context, who Actor, bid uuid.UUID) (Look, error) {
	var l Look
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var b Bid
		t, c, _, err := s.lockBid(tx, who, bid, &b)
		if err != nil {
			return err
		}
		if err := who.May(PostTasks, c.ID); err != nil {
			return err
		}
		if b.State != Open {
			return ErrBidNotOpen.With("state", b.State)
		}
		found, err := s.cautionsOf(tx, c, t, b)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNoCaution
		}
		l = Look{ID: newID(), CompanyID: c.ID, BidID: b.ID, TaskID: t.ID, State: LookAsked, AskedBy: who.PersonID, AskedAt: s.clock.Now()}
		for _, f := range found {
			l.Cautions = append(l.Cautions, string(f))
		}
		if err := tx.Create(&l).Error; err != nil {
			if db.Violated(err) == "one_look_a_bid" {
				return ErrLookedAt
			}
			return err
		}
		if err := Audit(tx, who, c.ID, "caution.ask", "bid:"+b.ID.String(), map[string]any{"cautions": l.Cautions}); err != nil {
			return err
		}
		return s.tellLookers(tx, who, t, found)
	})
	return l, err
}

// tellLookers writes to those who may clear cautions and do not run the task.
func (s *Service) tellLookers(tx *gorm.DB, who Actor, t Task, found []Caution) error {
	readers, err := Able(tx, t.CompanyID, ClearCautions)
	if err != nil {
		return err
	}
	for _, p := range readers {
		if p == who.PersonID || p == t.CreatedBy {
			continue
		}
		err := jobs.Enqueue(tx, Letter{Letter: LetterCaution, PersonID: p, CompanyID: t.CompanyID, Path: "/cautions",
			Facts: map[string]any{"title": t.Title, "cautions": cautionList(found).In(problem.English), "cautions_ja": cautionList(found).In(problem.Japanese)}}.
			Naming("from", who.PersonID, who.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// ClearCautions notes that the actor looked at a bid's cautions and why they are all right; or, declining, are not. Who
// asked or runs the task cannot.
func (s *Service) ClearCautions(ctx context.Context, who Actor, look uuid.UUID, clear bool, reason string) (Look, error) {
	var l Look
	reason = strings.TrimSpace(reason)
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		l = Look{}
		if err := one(tx.Where("id = ?", look).Take(&l)); err != nil {
			return err
		}
		if err := who.May(ClearCautions, l.CompanyID); err != nil {
			return err
		}
		var b Bid
		t, _, err := lockLooked(tx, l, &b)
		if err != nil {
			return err
		}
		switch {
		case reason == "":
			return ErrRequired.On("reason")
		case len([]rune(reason)) > maxReason:
			return ErrTooLong.On("reason").With("max", maxReason)
		case who.PersonID == l.AskedBy || who.PersonID == t.CreatedBy || who.PersonID == b.PersonID:
			return ErrOwnCaution
		}
		l.State = LookDeclined
		if clear {
			l.State = LookCleared
		}
		now := s.clock.Now()
		l.DecidedBy, l.DecidedAt, l.Reason = &who.PersonID, &now, reason
		done := tx.Exec("UPDATE caution_looks SET state = ?, decided_by = ?, decided_at = ?, reason = ? WHERE id = ? AND state = 'asked'", l.State, who.PersonID, now, reason, l.ID)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrLookedAt
		}
		if err := Audit(tx, who, l.CompanyID, "caution."+l.State, "bid:"+l.BidID.String(), map[string]any{"cautions": l.Cautions, "reason": reason}); err != nil {
			return err
		}
		return tellAsker(tx, who, l, t)
	})
	return l, err
}

// tellAsker writes to who asked for a look what came of it.
func tellAsker(tx *gorm.DB, who Actor, l Look, t Task) error {
	return jobs.Enqueue(tx, Letter{Letter: LetterCautionOver, PersonID: l.AskedBy, CompanyID: l.CompanyID, Path: "/bids/" + l.BidID.String(),
		Facts: map[string]any{"title": t.Title, "state": l.State, "reason": l.Reason}}.Naming("from", who.PersonID, who.Name))
}

// lockLooked holds the task of a look and reads its bid.
func lockLooked(tx *gorm.DB, l Look, b *Bid) (Task, Company, error) {
	var t Task
	if err := tx.Where("id = ? AND company_id = ?", l.TaskID, l.CompanyID).Take(&t).Error; err != nil {
		return t, Company{}, err
	}
	if err := tx.Where("id = ? AND company_id = ?", l.BidID, l.CompanyID).Take(b).Error; err != nil {
		return t, Company{}, err
	}
	c, err := CompanyByID(tx, l.CompanyID)
	return t, c, err
}

// cleared refuses an award while a caution of the bid was not cleared by somebody other than who awards it.
func (s *Service) cleared(tx *gorm.DB, who Actor, a Award) error {
	found, err := s.cautionsOf(tx, a.Company, a.Task, a.Bid)
	if err != nil || len(found) == 0 {
		return err
	}
	var looks []Look
	err = tx.Where("bid_id = ? AND company_id = ? AND state = 'cleared' AND decided_by <> ?", a.Bid.ID, a.Company.ID, who.PersonID).Find(&looks).Error
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(found, func(c Caution) bool {
		return slices.ContainsFunc(looks, func(l Look) bool { return slices.Contains(l.Cautions, string(c)) })
	})
	if len(open) > 0 {
		return ErrUncleared.With("cautions", cautionList(open))
	}
	return nil
}
