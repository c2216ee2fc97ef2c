package api

import (
	"bytes"
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutReferrals is customers whom people introduce to a company.
func (s *Server) aboutReferrals() []endpoint {
	return []endpoint{
		get("/referrals", access.SignedIn, s.referrals, "Customers whom I introduced; with company_id, those of a company who agreed to it"),
		post("/referrals", access.SignedIn, s.introduce, "Introduce a customer; they are asked by mail"),
		get("/referrals/{id}", access.SignedIn, s.referral, "One of them, and where it stands"),
		get("/referrals/{id}/timeline", access.SignedIn, s.referralTimeline, "What happened to it, the latest first"),
		post("/referrals/{id}/withdraw", access.SignedIn, s.withdrawReferral, "Take mine back before the customer answers; what it says of the contact is removed"),
		post("/referrals/{id}/move", market.FollowReferrals, s.moveReferral, "Take it to another stage"),
		post("/referrals/{id}/win", market.FollowReferrals, s.winReferral, "They became a customer"),
		post("/referrals/{id}/lose", market.FollowReferrals, s.loseReferral, "They did not"),
		post("/referrals/{id}/reopen", market.FollowReferrals, s.reopenReferral, "Go on with one that was lost"),
		post("/referrals/{id}/known", market.FollowReferrals, s.knowReferral, "They were a customer already; what it says of the contact is removed"),
		put("/referrals/{id}/ready", market.FollowReferrals, s.readyReferral, "Say which points of the checklist they meet by now"),
		put("/referrals/{id}/owner", market.FollowReferrals, s.assignReferral, "Make somebody of the company responsible"),
		post("/referrals/{id}/confirm-licence", market.FollowReferrals, s.confirmReferralLicence, "Confirm the referrer's registration, having looked it up"),
		get("/referrals/{id}/fees", access.SignedIn, s.referralFees, "What the company earned by it, and the fees that follow"),
		post("/referrals/{id}/revenue", market.FollowReferrals, s.reportRevenue, "Say what the company earned by it; again, before the fee is offered, to correct"),
		post("/referral-fees/{id}/offer", market.PostTasks, s.offerFee, "Offer the fee to the referrer, who accepts its bid as any other"),
		get("/referral-programmes", access.SignedIn, s.openProgrammes, "By which programmes I can introduce customers"),
		get("/referral-programmes/{id}", access.SignedIn, s.programme, "One of them"),
		put("/referral-programmes/{id}", market.RunReferrals, s.editProgramme, "Change it; referrals keep the terms of their day"),
		get("/companies/{id}/referral-programmes", market.FollowReferrals, s.programmes, "A company's programmes, those that are open first"),
		post("/companies/{id}/referral-programmes", market.RunReferrals, s.createProgramme, "Begin one"),
		get("/companies/{id}/referral-report", market.RunReferrals, s.referralReport, "What came of each programme"),
		get("/companies/{id}/referral-report.csv", market.RunReferrals, s.referralReportCSV, "The same as a file"),
	}
}

// ProgrammeFields are a programme as the office writes it.
type ProgrammeFields struct {
	Name                string           `json:"name"`
	NameEN              string           `json:"name_en,omitempty"`
	Wanted              string           `json:"wanted,omitempty" doc:"Whom the company wants to meet"`
	WantedEN            string           `json:"wanted_en,omitempty"`
	OpenTo              string           `json:"open_to,omitempty" enum:"members,alumni,staff" doc:"members when left out: who left and who works there"`
	Stages              []programmeStage `json:"stages" minItems:"1" maxItems:"10" doc:"In order, from the customer's yes on"`
	Checklist           []checklistItem  `json:"checklist,omitempty" maxItems:"20" doc:"What makes a customer ready"`
	Fee                 programmeFee     `json:"fee,omitempty"`
	HoldMonths          int              `json:"hold_months" doc:"1 to 36: for so long from the customer's yes nobody else can introduce them"`
	Licence             string           `json:"licence,omitempty" doc:"A registration that introducing such customers for a fee takes by law"`
	WithholdingCategory string           `json:"withholding_category,omitempty" doc:"Of the fee; none when left out"`
	Closed              bool             `json:"closed,omitempty" doc:"Takes no introductions any more"`
}

type programmeStage struct {
	ID     *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"Of one that is there; left out for a new one"`
	Name   string     `json:"name"`
	NameEN string     `json:"name_en,omitempty"`
}

type checklistItem struct {
	Text     string `json:"text"`
	TextEN   string `json:"text_en,omitempty"`
	Required bool   `json:"required,omitempty" doc:"Without it nobody is introduced"`
}

type programmeFee struct {
	Kind        string `json:"kind,omitempty" enum:"none,fixed,share"`
	Amount      int64  `json:"amount,omitempty" doc:"Of a fixed fee: minor units without consumption tax"`
	BasisPoints int64  `json:"basis_points,omitempty" doc:"Of a share: hundredths of a percent of the revenue"`
	Cap         int64  `json:"cap,omitempty" doc:"The most that all shares of one referral come to; 0: none"`
}

func (d ProgrammeFields) draft() market.ProgrammeDraft {
	out := market.ProgrammeDraft{Name: d.Name, NameEN: d.NameEN, Wanted: d.Wanted, WantedEN: d.WantedEN, OpenTo: market.CircleKind(d.OpenTo), Closed: d.Closed,
		Checklist: each(d.Checklist, func(c checklistItem) market.ChecklistItem { return market.ChecklistItem(c) }),
		Terms: market.ReferralTerms{Fee: market.FeeKind(d.Fee.Kind), Amount: d.Fee.Amount, BP: d.Fee.BasisPoints, Cap: d.Fee.Cap, HoldMonths: d.HoldMonths,
			Licence: d.Licence, Category: d.WithholdingCategory}}
	for _, st := range d.Stages {
		stage := market.ReferralStage{Name: st.Name, NameEN: st.NameEN}
		if st.ID != nil {
			stage.ID = *st.ID
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

type programme struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	CompanyID uuid.UUID `json:"company_id" format:"uuid"`
	Version   int       `json:"version" doc:"Send it along with a change"`
	ProgrammeFields
}

func programmeOf(p market.ReferralProgramme) programme {
	return programme{ID: p.ID, CompanyID: p.CompanyID, Version: p.Version, ProgrammeFields: ProgrammeFields{Name: p.Name, NameEN: p.NameEN, Wanted: p.Wanted, WantedEN: p.WantedEN,
		OpenTo: string(p.OpenTo), Closed: p.ClosedAt != nil, HoldMonths: p.Terms.HoldMonths, Licence: p.Terms.Licence, WithholdingCategory: p.Terms.Category, Fee: feeTermsOf(p.Terms),
		Checklist: each(p.Checklist, func(c market.ChecklistItem) checklistItem { return checklistItem(c) }),
		Stages: each(p.Stages, func(st market.ReferralStage) programmeStage {
			return programmeStage{ID: &st.ID, Name: st.Name, NameEN: st.NameEN}
		})}}
}

func feeTermsOf(t market.ReferralTerms) programmeFee {
	return programmeFee{Kind: string(t.Fee), Amount: t.Amount, BasisPoints: t.BP, Cap: t.Cap}
}

type allOf[T any] struct {
	Items []T `json:"items"`
}

func (s *Server) openProgrammes(ctx context.Context, _ *nothing) (*out[allOf[programme]], error) {
	list, err := s.cfg.Market.OpenProgrammes(ctx, access.Actor(ctx))
	return answer(allOf[programme]{each(list, programmeOf)}, err)
}

func (s *Server) programmes(ctx context.Context, in *OfID) (*out[allOf[programme]], error) {
	list, err := s.cfg.Market.Programmes(ctx, access.Actor(ctx), in.ID)
	return answer(allOf[programme]{each(list, programmeOf)}, err)
}

func (s *Server) programme(ctx context.Context, in *OfID) (*out[programme], error) {
	p, err := s.cfg.Market.Programme(ctx, access.Actor(ctx), in.ID)
	return answer(programmeOf(p), err)
}

type newProgramme struct {
	OfID
	Body ProgrammeFields
}

func (s *Server) createProgramme(ctx context.Context, in *newProgramme) (*made[programme], error) {
	p, err := s.cfg.Market.CreateProgramme(ctx, access.Actor(ctx), in.ID, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return created("/referral-programmes/"+p.ID.String(), programmeOf(p)), nil
}

type programmeEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"That was looked at"`
		ProgrammeFields
	}
}

func (s *Server) editProgramme(ctx context.Context, in *programmeEdit) (*out[programme], error) {
	p, err := s.cfg.Market.EditProgramme(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.draft())
	return answer(programmeOf(p), err)
}

// referral is one as its reader sees it.
type referral struct {
	ID           uuid.UUID         `json:"id" format:"uuid"`
	Number       string            `json:"number" example:"R-12"`
	CompanyID    uuid.UUID         `json:"company_id" format:"uuid"`
	ProgrammeID  uuid.UUID         `json:"programme_id" format:"uuid"`
	EventID      *uuid.UUID        `json:"event_id" format:"uuid"`
	State        string            `json:"state" enum:"asked,agreed,won,lost,known,refused,expired,taken,withdrawn"`
	StageID      *uuid.UUID        `json:"stage_id" format:"uuid" doc:"null before the customer's yes"`
	Stage        string            `json:"stage"`
	Version      int               `json:"version" doc:"Send it along with a step"`
	Referrer     writer            `json:"referrer"`
	Owner        *writer           `json:"owner" doc:"Who of the company is responsible"`
	Organisation string            `json:"organisation"`
	ContactName  string            `json:"contact_name" doc:"Empty once it was removed, as all about the contact"`
	ContactEmail string            `json:"contact_email"`
	Why          string            `json:"why"`
	Checklist    []checklistAnswer `json:"checklist"`
	Relation     string            `json:"relation" enum:"none,own,family,employer,official"`
	RelationNote string            `json:"relation_note"`
	Fee          programmeFee      `json:"fee" doc:"As it was offered on the day"`
	Licence      referralLicence   `json:"licence"`
	Reason       string            `json:"reason" doc:"Why it was lost, or how the customer was known"`
	HoldsUntil   *civil.Date       `json:"holds_until" format:"date" doc:"Until then nobody else can introduce the customer; null where they can"`
	ExpiresAt    time.Time         `json:"expires_at" doc:"Until then the customer can answer"`
	CreatedAt    time.Time         `json:"created_at"`
	AgreedAt     *time.Time        `json:"agreed_at"`
	EndedAt      *time.Time        `json:"ended_at"`
}

type checklistAnswer struct {
	Text   string `json:"text"`
	TextEN string `json:"text_en,omitempty"`
	Ready  bool   `json:"ready"`
}

type referralLicence struct {
	Licence     string     `json:"licence" doc:"Empty where none is needed"`
	Number      string     `json:"number"`
	Body        string     `json:"body"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
}

func referralOf(v market.ReferralView) referral {
	view := referral{ID: v.ID, Number: v.Label(), CompanyID: v.CompanyID, ProgrammeID: v.ProgrammeID, EventID: v.EventID, State: string(v.State), StageID: v.StageID, Stage: v.Stage, Version: v.Version,
		Referrer: writer{v.PersonID, v.Person}, Organisation: v.Organisation, ContactName: v.ContactName, ContactEmail: v.ContactEmail, Why: v.Why, Relation: string(v.Relation), RelationNote: v.RelationNote,
		Fee: feeTermsOf(v.Terms), Licence: referralLicence{v.Terms.Licence, v.LicenceNumber, v.LicenceBody, v.LicenceConfirmedAt}, Reason: v.Reason, ExpiresAt: v.ExpiresAt, CreatedAt: v.CreatedAt,
		AgreedAt: v.AgreedAt, EndedAt: v.EndedAt, Checklist: each(v.Answers, func(a market.ChecklistAnswer) checklistAnswer { return checklistAnswer{a.Text, a.TextEN, a.Ready} })}
	if v.OwnerID != nil {
		view.Owner = &writer{*v.OwnerID, v.Owner}
	}
	if v.Holds {
		view.HoldsUntil = v.HoldsUntil
	}
	return view
}

type referralSearch struct {
	Page
	CompanyID   string `query:"company_id" format:"uuid" doc:"Customers of this company who agreed, for its people"`
	ProgrammeID string `query:"programme_id" format:"uuid"`
	StageID     string `query:"stage_id" format:"uuid" doc:"Under way at this stage"`
	OwnerID     string `query:"owner_id" format:"uuid"`
	State       string `query:"state" enum:"asked,agreed,won,lost,known,refused,expired,taken,withdrawn"`
	Q           string `query:"q" maxLength:"200" doc:"Parts of the organisation's name"`
}

func (s *Server) referrals(ctx context.Context, in *referralSearch) (*out[list[referral]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	id := func(text string) uuid.UUID { u, _ := uuid.Parse(text); return u } // their forms were checked; nothing is none
	all, err := s.cfg.Market.Referrals(ctx, access.Actor(ctx), market.ReferralFilter{CompanyID: id(in.CompanyID), Mine: in.CompanyID == "", ProgrammeID: id(in.ProgrammeID), StageID: id(in.StageID),
		OwnerID: id(in.OwnerID), State: market.ReferralState(in.State), Words: in.Q, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(v market.ReferralView) string { return v.ID.String() }, referralOf), err)
}

type introduction struct {
	Body struct {
		ProgrammeID   uuid.UUID  `json:"programme_id" format:"uuid"`
		EventID       *uuid.UUID `json:"event_id,omitempty" format:"uuid" doc:"Where they met"`
		Organisation  string     `json:"organisation"`
		ContactName   string     `json:"contact_name"`
		ContactEmail  string     `json:"contact_email"`
		Language      string     `json:"language,omitempty" enum:"ja,en" doc:"Of the letter to them; ja when left out"`
		Why           string     `json:"why" doc:"They read it as well"`
		Ready         []int      `json:"ready,omitempty" maxItems:"20" doc:"Which points of the checklist they meet, from 0"`
		Relation      string     `json:"relation,omitempty" enum:"none,own,family,employer,official"`
		RelationNote  string     `json:"relation_note,omitempty" doc:"Needed with any relation but none"`
		LicenceNumber string     `json:"licence_number,omitempty"`
		LicenceBody   string     `json:"licence_body,omitempty"`
	}
}

func (s *Server) introduce(ctx context.Context, in *introduction) (*made[referral], error) {
	b := in.Body
	d := market.ReferralDraft{ProgrammeID: b.ProgrammeID, Organisation: b.Organisation, ContactName: b.ContactName, ContactEmail: b.ContactEmail, ContactLanguage: b.Language, Why: b.Why, Ready: b.Ready,
		Relation: market.Relation(b.Relation), RelationNote: b.RelationNote, LicenceNumber: b.LicenceNumber, LicenceBody: b.LicenceBody}
	if b.EventID != nil {
		d.EventID = *b.EventID
	}
	r, err := s.cfg.Market.Introduce(ctx, access.Actor(ctx), d)
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Market.ReferralOf(ctx, access.Actor(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return created("/referrals/"+r.ID.String(), referralOf(v)), nil
}

func (s *Server) referral(ctx context.Context, in *OfID) (*out[referral], error) {
	v, err := s.cfg.Market.ReferralOf(ctx, access.Actor(ctx), in.ID)
	return answer(referralOf(v), err)
}

// afterStep reads a referral again after a step.
func (s *Server) afterStep(ctx context.Context, r market.Referral, err error) (*out[referral], error) {
	if err != nil {
		return nil, err
	}
	return s.referral(ctx, &OfID{r.ID})
}

type referralEvent struct {
	Did   string    `json:"did"`
	Stage string    `json:"stage"`
	Note  string    `json:"note" doc:"The company's own; empty for the referrer"`
	Told  string    `json:"told" doc:"What the referrer reads"`
	By    string    `json:"by" doc:"Empty: the customer, or the clock"`
	At    time.Time `json:"at"`
}

func (s *Server) referralTimeline(ctx context.Context, in *OfID) (*out[allOf[referralEvent]], error) {
	list, err := s.cfg.Market.ReferralTimeline(ctx, access.Actor(ctx), in.ID)
	return answer(allOf[referralEvent]{each(list, func(e market.ReferralEvent) referralEvent {
		return referralEvent{e.Did, e.Stage, e.Note, e.Told, e.Actor, e.At}
	})}, err)
}

func (s *Server) withdrawReferral(ctx context.Context, in *act) (*out[referral], error) {
	r, err := s.cfg.Market.WithdrawReferral(ctx, access.Actor(ctx), in.ID)
	return s.afterStep(ctx, r, err)
}

// saying is what the company says of a step.
type saying struct {
	Note    string `json:"note,omitempty" doc:"The company's own"`
	Told    string `json:"told,omitempty" doc:"What the referrer reads"`
	Version int    `json:"version,omitempty" doc:"That was looked at; left out: whatever it is"`
}

func (d saying) move() market.ReferralMove {
	return market.ReferralMove{Note: d.Note, Told: d.Told, Seen: d.Version}
}

type referralMove struct {
	OfID
	Body struct {
		StageID uuid.UUID `json:"stage_id" format:"uuid"`
		saying
	}
}

func (s *Server) moveReferral(ctx context.Context, in *referralMove) (*out[referral], error) {
	m := in.Body.move()
	m.Stage = in.Body.StageID
	r, err := s.cfg.Market.MoveReferral(ctx, access.Actor(ctx), in.ID, m)
	return s.afterStep(ctx, r, err)
}

type referralSaid struct {
	OfID
	Body saying
}

func (s *Server) winReferral(ctx context.Context, in *referralSaid) (*out[referral], error) {
	r, err := s.cfg.Market.WinReferral(ctx, access.Actor(ctx), in.ID, in.Body.move())
	return s.afterStep(ctx, r, err)
}

func (s *Server) reopenReferral(ctx context.Context, in *referralSaid) (*out[referral], error) {
	r, err := s.cfg.Market.ReopenReferral(ctx, access.Actor(ctx), in.ID, in.Body.move())
	return s.afterStep(ctx, r, err)
}

type referralEnd struct {
	OfID
	Body struct {
		Reason string `json:"reason" doc:"The referrer reads it"`
		saying
	}
}

func (e *referralEnd) move() market.ReferralMove {
	m := e.Body.saying.move()
	m.Reason = e.Body.Reason
	return m
}

func (s *Server) loseReferral(ctx context.Context, in *referralEnd) (*out[referral], error) {
	r, err := s.cfg.Market.LoseReferral(ctx, access.Actor(ctx), in.ID, in.move())
	return s.afterStep(ctx, r, err)
}

func (s *Server) knowReferral(ctx context.Context, in *referralEnd) (*out[referral], error) {
	r, err := s.cfg.Market.KnowReferral(ctx, access.Actor(ctx), in.ID, in.move())
	return s.afterStep(ctx, r, err)
}

type referralReady struct {
	OfID
	Body struct {
		Ready []int `json:"ready" maxItems:"20" doc:"The points that they meet, counted from 0; the others are missing"`
		saying
	}
}

func (s *Server) readyReferral(ctx context.Context, in *referralReady) (*out[referral], error) {
	r, err := s.cfg.Market.ReadyReferral(ctx, access.Actor(ctx), in.ID, in.Body.Ready, in.Body.move())
	return s.afterStep(ctx, r, err)
}

type referralOwner struct {
	OfID
	Body struct {
		PersonID uuid.UUID `json:"person_id" format:"uuid"`
	}
}

func (s *Server) assignReferral(ctx context.Context, in *referralOwner) (*out[referral], error) {
	r, err := s.cfg.Market.AssignReferral(ctx, access.Actor(ctx), in.ID, in.Body.PersonID)
	return s.afterStep(ctx, r, err)
}

type licenceLooked struct {
	OfID
	Body struct {
		Number string `json:"number" doc:"That was looked up"`
	}
}

func (s *Server) confirmReferralLicence(ctx context.Context, in *licenceLooked) (*out[referral], error) {
	r, err := s.cfg.Market.ConfirmReferralLicence(ctx, access.Actor(ctx), in.ID, in.Body.Number)
	return s.afterStep(ctx, r, err)
}

type referralFee struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	Period     string       `json:"period" doc:"2026-11 where the fee is a share; otherwise empty"`
	Revenue    market.Money `json:"revenue"`
	Fee        market.Money `json:"fee"`
	ReportedAt time.Time    `json:"reported_at"`
	TaskID     *uuid.UUID   `json:"task_id" format:"uuid" doc:"That pays it; null before it is offered"`
	BidID      *uuid.UUID   `json:"bid_id" format:"uuid" doc:"The offer, which the referrer accepts"`
	ContractID *uuid.UUID   `json:"contract_id" format:"uuid"`
	Money      string       `json:"money" doc:"Where its money is: the state of the contract's milestone; empty before there is a contract"`
}

func referralFeeOf(f market.ReferralFee) referralFee {
	return referralFee{ID: f.ID, Period: f.Period, Revenue: market.Money{Amount: f.Revenue, Currency: f.Currency}, Fee: market.Money{Amount: f.Amount, Currency: f.Currency}, ReportedAt: f.ReportedAt,
		TaskID: f.TaskID, BidID: f.BidID, ContractID: f.ContractID, Money: f.Money}
}

func (s *Server) referralFees(ctx context.Context, in *OfID) (*out[allOf[referralFee]], error) {
	list, err := s.cfg.Market.ReferralFees(ctx, access.Actor(ctx), in.ID)
	return answer(allOf[referralFee]{each(list, referralFeeOf)}, err)
}

type revenueReport struct {
	OfID
	Body struct {
		Period  string `json:"period,omitempty" maxLength:"7" doc:"2026-11 where the fee is a share; otherwise left out"`
		Revenue amount `json:"revenue"`
	}
}

func (s *Server) reportRevenue(ctx context.Context, in *revenueReport) (*out[referralFee], error) {
	f, err := s.cfg.Market.ReportRevenue(ctx, access.Actor(ctx), in.ID, market.RevenueReport{Period: in.Body.Period, Revenue: market.Money(in.Body.Revenue)})
	return answer(referralFeeOf(f), err)
}

type feeOffer struct {
	OfID
	Body struct {
		Budget string `json:"budget,omitempty" maxLength:"200" doc:"A purchase order or cost centre, by code, name or id"`
	}
}

func (s *Server) offerFee(ctx context.Context, in *feeOffer) (*out[referralFee], error) {
	f, err := s.cfg.Market.OfferFee(ctx, access.Actor(ctx), in.ID, in.Body.Budget)
	return answer(referralFeeOf(f), err)
}

type referralFunnel struct {
	ProgrammeID  uuid.UUID      `json:"programme_id" format:"uuid"`
	Name         string         `json:"name"`
	Introduced   int            `json:"introduced"`
	Agreed       int            `json:"agreed"`
	Stages       []stageReached `json:"stages" doc:"How many ever came so far"`
	Won          int            `json:"won"`
	Lost         int            `json:"lost"`
	Known        int            `json:"known" doc:"Were customers already"`
	UnderWay     int            `json:"under_way"`
	Revenue      market.Money   `json:"revenue"`
	Fees         market.Money   `json:"fees"`
	DaysToAgree  *int           `json:"median_days_to_agree"`
	DaysToWinner *int           `json:"median_days_to_win"`
}

type stageReached struct {
	Name    string `json:"name"`
	Reached int    `json:"reached"`
}

// report reads what came of a company's programmes, with its currency.
func (s *Server) report(ctx context.Context, id uuid.UUID) ([]market.ReferralFunnel, string, error) {
	who := access.Actor(ctx)
	list, err := s.cfg.Market.ReferralReport(ctx, who, id)
	if err != nil {
		return nil, "", err
	}
	c, err := s.cfg.Market.Company(ctx, who, id)
	return list, c.Currency, err
}

func (s *Server) referralReport(ctx context.Context, in *OfID) (*out[allOf[referralFunnel]], error) {
	list, currency, err := s.report(ctx, in.ID)
	return answer(allOf[referralFunnel]{each(list, func(f market.ReferralFunnel) referralFunnel {
		return referralFunnel{ProgrammeID: f.ProgrammeID, Name: f.Name, Introduced: f.Introduced, Agreed: f.Agreed, Won: f.Won, Lost: f.Lost, Known: f.Known, UnderWay: f.UnderWay,
			Revenue: market.Money{Amount: f.Revenue, Currency: currency}, Fees: market.Money{Amount: f.Fees, Currency: currency}, DaysToAgree: f.Agreeing, DaysToWinner: f.Winning,
			Stages: each(f.Stages, func(st market.StageCount) stageReached { return stageReached{st.Name, st.Reached} })}
	})}, err)
}

func (s *Server) referralReportCSV(ctx context.Context, in *OfID) (*file, error) {
	list, currency, err := s.report(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = market.WriteReferralReport(&b, currency, list)
	return attached("referrals.csv", "text/csv; charset=utf-8", b.Bytes()), err
}
