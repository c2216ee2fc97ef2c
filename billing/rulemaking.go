package billing

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// A RuleChange is a row that somebody asked for. One that changes no figure that anybody was shown is added at once;
// any other waits for a second person.
type RuleChange struct {
	ID        uuid.UUID
	CompanyID uuid.UUID // where it was asked for
	RuleDraft `gorm:"embedded"`
	Affected  int // open offers whose figures it changes
	State     ApprovalState
	Version   *int64 // of the row that came of it
	AskedBy   uuid.UUID
	AskedAt   time.Time
	DecidedBy *uuid.UUID
	DecidedAt *time.Time

	AskedByName string `gorm:"->"`
}

// TableName is where they are kept.
func (RuleChange) TableName() string { return "rule_changes" }

// A RuleBook is what the editor shows: every row that holds or held for a company, and what waits.
type RuleBook struct {
	Rules   Rules
	Rows    []Rule           // the newest day first
	Names   map[int64]string // who added a row, by its version; none where it came with the program
	Waiting []RuleChange     // oldest first
	Statute bool             // the reader may change the rules of the whole installation
	Today   civil.Date
}

// RuleBook reads the rules for their editor.
func (s *Service) RuleBook(ctx context.Context, who market.Actor, company uuid.UUID) (RuleBook, error) {
	if err := who.May(market.SeeRules, company); err != nil {
		return RuleBook{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return RuleBook{}, err
	}
	b := RuleBook{Statute: who.May(market.SetStatute, company) == nil, Today: c.Today(s.clock.Now()), Names: map[int64]string{}}
	var rows []struct {
		Rule
		Name string
	}
	err = g.Raw(`SELECT r.*, name_of(p) AS name FROM rules r LEFT JOIN people p ON p.id = r.added_by
		WHERE r.company_id IS NULL OR r.company_id = ? ORDER BY r.valid_from DESC, r.version DESC`, company).Scan(&rows).Error
	if err != nil {
		return b, err
	}
	for _, r := range rows {
		b.Rows = append(b.Rows, r.Rule)
		if r.Name != "" {
			b.Names[r.Version] = r.Name
		}
	}
	b.Rules = NewRules(b.Rows)
	err = g.Raw(`SELECT k.*, name_of(p) AS asked_by_name FROM rule_changes k JOIN people p ON p.id = k.asked_by
		WHERE k.state = 'asked' AND (k.company_id = ? OR k.statute AND ?) ORDER BY k.id`, company, b.Statute).Scan(&b.Waiting).Error
	return b, err
}

// A RuleEffect is one open offer with its line of money as it is, and as it would be.
type RuleEffect struct {
	BidID    uuid.UUID
	Task     string
	Person   string
	Was, Now Quote
}

// A RulePreview is what a row would change. What was agreed keeps its figures: Kept counts those contracts.
type RulePreview struct {
	Effects   []RuleEffect // open offers of the company whose figures change
	Elsewhere int          // open offers of other companies, for a rule of the whole installation
	Kept      int          // running contracts of the company, agreed under the rules of then
}

// Affected is how many open offers change, everywhere.
func (p RulePreview) Affected() int { return len(p.Effects) + p.Elsewhere }

// PreviewRule shows what a row would change, and writes nothing.
func (s *Service) PreviewRule(ctx context.Context, who market.Actor, company uuid.UUID, d RuleDraft) (RulePreview, error) {
	c, err := s.mayDraft(s.db.Gorm(ctx), who, company, d)
	if err != nil {
		return RulePreview{}, err
	}
	return previewRule(s.db.Gorm(ctx), c, d)
}

// mayDraft asks whether the actor may want such a row.
func (s *Service) mayDraft(g *gorm.DB, who market.Actor, company uuid.UUID, d RuleDraft) (market.Company, error) {
	needs := market.Administer
	if d.Statute {
		needs = market.SetStatute
	}
	if err := who.May(needs, company); err != nil {
		return market.Company{}, err
	}
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return c, err
	}
	return c, d.check(c.Today(s.clock.Now()))
}

// previewRule quotes every open offer under both sets of rules.
func previewRule(g *gorm.DB, c market.Company, d RuleDraft) (RulePreview, error) {
	var p RulePreview
	err := g.Raw("SELECT count(*) FROM contracts WHERE company_id = ? AND state IN ('active', 'paused')", c.ID).Scan(&p.Kept).Error
	if err != nil {
		return p, err
	}
	companies := []uuid.UUID{c.ID}
	if d.Statute {
		if err := g.Raw("SELECT DISTINCT company_id FROM bids WHERE state = 'open' AND company_id <> ?", c.ID).Scan(&companies).Error; err != nil {
			return p, err
		}
		companies = append(companies, c.ID)
	}
	for _, id := range companies {
		effects, err := effectsAt(g, id, d)
		if err != nil {
			return p, err
		}
		if id == c.ID {
			p.Effects = effects
		} else {
			p.Elsewhere += len(effects)
		}
	}
	return p, nil
}

// effectsAt are one company's open offers whose line of money a row changes.
func effectsAt(g *gorm.DB, company uuid.UUID, d RuleDraft) ([]RuleEffect, error) {
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return nil, err
	}
	var rows []Rule
	if err := g.Where("company_id IS NULL OR company_id = ?", company).Find(&rows).Error; err != nil {
		return nil, err
	}
	is := NewRules(rows)
	would := NewRules(append(rows, d.row(c, is.Version())))
	var offers []struct {
		market.Bid
		market.Payee
		Title    string
		Category string
		Person   string
	}
	err = g.Raw(`SELECT b.*, t.title, t.withholding_category AS category, name_of(p) AS person, p.registration_number <> '' AS registered,
			p.corporate_name <> '' AS corporate, p.non_resident
		FROM bids b JOIN tasks t ON t.id = b.task_id JOIN people p ON p.id = b.person_id
		WHERE b.company_id = ? AND b.state = 'open' AND t.state = 'published' ORDER BY b.id LIMIT 2000`, company).Scan(&offers).Error
	if err != nil {
		return nil, err
	}
	var effects []RuleEffect
	for _, o := range offers {
		was, now := QuoteOffer(is, c, o.Category, o.Terms(), o.Payee), QuoteOffer(would, c, o.Category, o.Terms(), o.Payee)
		if was != now {
			effects = append(effects, RuleEffect{o.ID, o.Title, o.Person, was, now})
		}
	}
	return effects, nil
}

// AddRule adds a row where it changes nothing that anybody was shown, and otherwise asks for a second person, see
// [Service.ApproveRule]. Nothing is ever changed that was agreed or paid.
func (s *Service) AddRule(ctx context.Context, who market.Actor, company uuid.UUID, d RuleDraft) (RuleChange, error) {
	change := RuleChange{ID: newID(), CompanyID: company, RuleDraft: d, State: approvalMachine.Start, AskedBy: who.PersonID, AskedAt: s.clock.Now()}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.mayDraft(tx, who, company, d)
		if err != nil {
			return err
		}
		preview, err := previewRule(tx, c, d)
		if err != nil {
			return err
		}
		change.Affected = preview.Affected()
		if change.Affected == 0 {
			return s.addRule(tx, who, c, &change)
		}
		if err := tx.Create(&change).Error; err != nil {
			return err
		}
		if err := s.askForRule(tx, who, c, change); err != nil {
			return err
		}
		return market.Audit(tx, who, company, "rule.ask", "rule_change:"+change.ID.String(), map[string]any{"rule": d.name(), "from": d.ValidFrom, "affected": change.Affected})
	})
	return change, err
}

func (d RuleDraft) name() string { return string(d.Kind) + "." + d.Key }

// addRule writes the row of a change. Rows are numbered in the order of their commits: one writer at a time.
func (s *Service) addRule(tx *gorm.DB, who market.Actor, c market.Company, change *RuleChange) error {
	if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('homecoming.rules'))").Error; err != nil {
		return err
	}
	row := change.row(c, 0)
	var version int64
	err := tx.Raw(`INSERT INTO rules (company_id, kind, key, valid_from, value, choice, source, note, added_by, added_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING version`, row.CompanyID, row.Kind, row.Key, row.ValidFrom, row.Value, row.Choice,
		row.Source, row.Note, change.AskedBy, s.clock.Now()).Scan(&version).Error
	if err != nil {
		return err
	}
	now := s.clock.Now()
	change.State, change.Version, change.DecidedBy, change.DecidedAt = ApprovalApproved, &version, &who.PersonID, &now
	if err := tx.Save(change).Error; err != nil {
		return err
	}
	return market.Audit(tx, who, c.ID, "rule.add", "rule:"+change.name(),
		map[string]any{"version": version, "from": row.ValidFrom, "value": row.Value, "choice": row.Choice, "statute": change.Statute, "asked_by": change.AskedBy})
}

// askForRule tells those who may say yes.
func (s *Service) askForRule(tx *gorm.DB, who market.Actor, c market.Company, change RuleChange) error {
	decide := market.ApproveMoney
	if change.Statute {
		decide = market.SetStatute
	}
	readers, err := market.Able(tx, c.ID, decide)
	if err != nil {
		return err
	}
	return askOthers(tx, who, market.Letter{Letter: market.LetterRule, CompanyID: c.ID, Path: "/settings/rules",
		Facts: map[string]any{"date": change.ValidFrom.String(), "count": change.Affected, "reason": change.Source}}, readers)
}

// ApproveRule adds the row that somebody else asked for. Its day must not have passed meanwhile.
func (s *Service) ApproveRule(ctx context.Context, who market.Actor, id uuid.UUID) (RuleChange, error) {
	return s.decideRule(ctx, who, id, "approve")
}

// DeclineRule says no to it.
func (s *Service) DeclineRule(ctx context.Context, who market.Actor, id uuid.UUID) (RuleChange, error) {
	return s.decideRule(ctx, who, id, "decline")
}

// WithdrawRule takes back what the actor asked for.
func (s *Service) WithdrawRule(ctx context.Context, who market.Actor, id uuid.UUID) (RuleChange, error) {
	return s.decideRule(ctx, who, id, "withdraw")
}

// mayDecideRule lets operators decide on the rules of the installation, wherever they hold the role, and those who say
// yes to money on a company's own.
func mayDecideRule(who market.Actor, change RuleChange, do string) error {
	switch {
	case change.Statute && who.MayAnywhere(market.SetStatute) == nil:
		return nil
	case change.Statute:
		return who.May(market.SetStatute, change.CompanyID)
	case do == "withdraw" && who.PersonID == change.AskedBy:
		return nil
	}
	return who.May(market.ApproveMoney, change.CompanyID)
}

func (s *Service) decideRule(ctx context.Context, who market.Actor, id uuid.UUID, do string) (RuleChange, error) {
	var change RuleChange
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		change = RuleChange{}
		if err := one(tx.Clauses(hold).Where("id = ?", id).Take(&change)); err != nil {
			return err
		}
		if err := mayDecideRule(who, change, do); err != nil {
			return err
		}
		to, err := approvalMachine.Next(change.State, do, TheCompany, attempt{Approval{AskedBy: change.AskedBy}, who.PersonID})
		if err != nil {
			return err
		}
		if to == ApprovalApproved {
			c, err := market.CompanyByID(tx, change.CompanyID)
			if err != nil {
				return err
			}
			if err := change.check(c.Today(s.clock.Now())); err != nil {
				return err
			}
			return s.addRule(tx, who, c, &change)
		}
		now := s.clock.Now()
		change.State, change.DecidedBy, change.DecidedAt = to, &who.PersonID, &now
		if err := tx.Save(&change).Error; err != nil {
			return err
		}
		return market.Audit(tx, who, change.CompanyID, "rule."+do, "rule_change:"+id.String(), map[string]any{"rule": change.name()})
	})
	return change, err
}
