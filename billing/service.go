package billing

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/problem"
	"homecoming/internal/seal"
	"homecoming/market"
)

// A Config says how billing runs. Zero fields take the defaults.
type Config struct {
	BaseURL     string        // where people come back to from the provider's pages: https://homecoming.example
	CallTimeout time.Duration // of one call to the provider; 10 s
	CardFeeBP   int64         // what the provider is expected to keep of a charge, in basis points; 360
	Box         *seal.Box     // keeps bank accounts from whoever reads the database; nil: they lie open
	ToppedUp    bool          // the platform keeps money of its own at the provider, so a fee may exceed what a company pays
	Platform    PaperParty    // who runs this and takes the fee, as its receipts name it; Homecoming, not registered
}

// A Service carries out billing's use cases.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	market  *market.Service
	gateway Gateway
	cfg     Config
}

// New makes billing's use cases available on a database, with a provider to pay through.
func New(d *db.DB, c clock.Clock, m *market.Service, g Gateway, cfg Config) *Service {
	cfg.CallTimeout = cmp.Or(cfg.CallTimeout, 10*time.Second)
	cfg.CardFeeBP = cmp.Or(cfg.CardFeeBP, 360)
	cfg.Platform.Name = cmp.Or(cfg.Platform.Name, "Homecoming")
	return &Service{db: d, clock: c, market: m, gateway: g, cfg: cfg}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// What people may meet from the provider's side.
var (
	ErrProviderRefused = problem.Define(problem.Conflict, "provider_refused",
		"The payment provider refused this ({reason}). Check the details or try another way of paying.",
		"決済サービスに拒否されました（{reason}）。内容を確認するか、別の方法をお試しください。")
	ErrProviderUnavailable = problem.Define(problem.Unavailable, "provider_unavailable",
		"The payment provider does not answer. Nothing is lost: try again in a minute.",
		"決済サービスが応答していません。データは失われていませんので、しばらくしてからもう一度お試しください。")
)

// one turns "no such row" into market.ErrNotFound.
func one(q *gorm.DB) error {
	if errors.Is(q.Error, gorm.ErrRecordNotFound) {
		return market.ErrNotFound
	}
	return q.Error
}

var hold = clause.Locking{Strength: "NO KEY UPDATE"}

// lockMilestone holds the contract, then the milestone, in that order everywhere, until the transaction ends.
func lockMilestone(tx *gorm.DB, id uuid.UUID) (Contract, Milestone, error) {
	var m Milestone
	var c Contract
	if err := one(tx.Select("contract_id").Where("id = ?", id).Take(&m)); err != nil {
		return c, m, err
	}
	if err := tx.Clauses(hold).Where("id = ?", m.ContractID).Take(&c).Error; err != nil {
		return c, m, err
	}
	m = Milestone{}
	return c, m, tx.Clauses(hold).Where("id = ?", id).Take(&m).Error
}

// lockSeen is lockMilestone for a person: a milestone of a contract they cannot see is not there.
func lockSeen(tx *gorm.DB, who market.Actor, id uuid.UUID) (Contract, Milestone, error) {
	var seen []uuid.UUID
	err := who.VisibleContracts(tx.Table("contracts").Joins("JOIN milestones m ON m.contract_id = contracts.id").
		Where("m.id = ?", id)).Pluck("contracts.id", &seen).Error
	if err != nil {
		return Contract{}, Milestone{}, err
	}
	if len(seen) == 0 {
		return Contract{}, Milestone{}, market.ErrNotFound
	}
	return lockMilestone(tx, id)
}

// lockFor is lockSeen for somebody who acts for a side: the one they do not stand on is not theirs.
func (s *Service) lockFor(tx *gorm.DB, who market.Actor, id uuid.UUID, as Party) (Contract, Milestone, error) {
	c, m, err := lockSeen(tx, who, id)
	if err != nil {
		return c, m, err
	}
	return c, m, mayAct(who, c, as)
}

// mayAct answers whether the actor may act for a side of the contract.
func mayAct(who market.Actor, c Contract, as Party) error {
	if as == TheCompany {
		return who.May(market.RunContracts, c.CompanyID)
	}
	if who.PersonID != c.PersonID {
		return market.ErrForbidden.With("action", string(market.DeliverWork))
	}
	return nil
}

// move takes a held milestone one step on, as the table allows, and writes the step into its timeline.
func (s *Service) move(tx *gorm.DB, who market.Actor, m *Milestone, by Party, do, message string) error {
	now := s.clock.Now()
	to, err := milestoneMachine.Next(m.State, do, by, moment{*m, now})
	if err != nil {
		return err
	}
	step := Step{ID: newID(), CompanyID: m.CompanyID, MilestoneID: m.ID, At: now, By: by, Do: do, From: m.State, To: to, Message: message}
	if who.PersonID != uuid.Nil {
		step.ActorID = &who.PersonID
	}
	m.State, m.UpdatedAt = to, now
	if err := tx.Save(m).Error; err != nil {
		return err
	}
	if err := tx.Create(&step).Error; err != nil {
		return err
	}
	if err := giveUpBudget(tx, *m, do, now); err != nil {
		return err
	}
	return market.Audit(tx, who, m.CompanyID, "milestone."+do, "milestone:"+m.ID.String(), map[string]any{"from": step.From, "to": to})
}

// letter is a mail about a milestone to one of its people.
func letter(kind market.LetterKind, to uuid.UUID, c Contract, m Milestone, facts map[string]any) market.Letter {
	all := map[string]any{"title": m.Title, "contract": c.Label(), "amount": m.Quote().Money(m.Quote().Net).String()}
	for k, v := range facts {
		all[k] = v
	}
	return market.Letter{Letter: kind, PersonID: to, CompanyID: c.CompanyID, Path: "/contracts/" + c.ID.String(), Facts: all}
}

// costless are the states in which a milestone costs the company nothing after all.
var costless = []MilestoneState{MilestoneCanceled, MilestoneRefunding, MilestoneRefunded, MilestoneChargedBack, MilestoneReversed}

// giveUpBudget gives back to the task's budget what a milestone no longer costs, or a split, or the hours of a week, took off
// it. A change of the terms does so itself once all of it holds, and so does a dispute that lets work go.
func giveUpBudget(tx *gorm.DB, m Milestone, do string, now time.Time) error {
	lowered := do == doSplit || do == doAccept && m.IsWeek()
	if do == doDrop || do == doLetGo || !lowered && !slices.Contains(costless, m.State) {
		return nil
	}
	return keepBudget(tx, m.ContractID, "milestone."+do, now)
}

// keepBudget has the task's budget hold what the task costs now.
func keepBudget(tx *gorm.DB, contract uuid.UUID, cause string, now time.Time) error {
	cost, err := costOf(tx, contract)
	if err != nil {
		return err
	}
	return market.Commit(tx, cost.TaskID, cost.Amount, cause, now)
}

// A cost is what a task costs the company: minor units without consumption tax.
type cost struct {
	TaskID uuid.UUID
	Amount int64
}

// costOf is what the task of a contract costs: its milestones that still count, and what signed changes that are not paid
// for yet will add.
func costOf(tx *gorm.DB, contract uuid.UUID) (c cost, err error) {
	return c, tx.Raw(`SELECT c.task_id, coalesce((SELECT sum(m.amount) FROM contracts same JOIN milestones m ON m.contract_id = same.id WHERE same.task_id = c.task_id AND m.state NOT IN ?), 0)
			+ coalesce((SELECT sum(greatest(ch.added, 0)) FROM contracts same JOIN contract_changes ch ON ch.contract_id = same.id WHERE same.task_id = c.task_id AND ch.state = ?), 0) AS amount
		FROM contracts c WHERE c.id = ?`, costless, ChangeSigned, contract).Scan(&c).Error
}
