package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A Proposal is a company's claim that somebody who is known elsewhere worked there. Nothing joins the two but the
// person's own yes.
type Proposal struct {
	MembershipID uuid.UUID
	CompanyID    uuid.UUID
	CompanyName  string
	Stints       []MemberStint `gorm:"-"`
	CreatedAt    time.Time
}

// LinkProposals lists what companies say about the actor and wait to hear.
func (s *Service) LinkProposals(ctx context.Context, who Actor) ([]Proposal, error) {
	g := s.db.Gorm(ctx)
	var list []Proposal
	err := g.Raw(`SELECT l.membership_id, l.company_id, c.name AS company_name, l.created_at FROM link_proposals l JOIN companies c ON c.id = l.company_id
		WHERE l.person_id = ? AND l.state = 'open' ORDER BY l.created_at, l.membership_id`, who.Self()).Scan(&list).Error
	if err != nil {
		return nil, err
	}
	for i, l := range list {
		said := []Member{{ID: l.MembershipID}}
		if err := s.addStints(g, said, []uuid.UUID{l.MembershipID}); err != nil {
			return nil, err
		}
		list[i].Stints = said[0].Stints
	}
	return list, nil
}

// AnswerProposal settles a company's claim: yes makes the membership the actor's own, no leaves it to itself for
// good. ErrNotFound when the actor has no such open proposal.
func (s *Service) AnswerProposal(ctx context.Context, who Actor, membership uuid.UUID, yes bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		state := "refused"
		if yes {
			state = "confirmed"
		}
		done := tx.Exec("UPDATE link_proposals SET state = ? WHERE membership_id = ? AND person_id = ? AND state = 'open'", state, membership, who.Self())
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNotFound
		}
		if done.Error != nil {
			return done.Error
		}
		var m Membership
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", membership).Take(&m).Error; err != nil {
			return err
		}
		if err := Audit(tx, who, m.CompanyID, "proposal."+state, "membership:"+m.ID.String(), nil); err != nil || !yes {
			return err
		}
		if err := s.join(tx, who, m); err != nil {
			return err
		}
		return TouchPerson(tx, who.PersonID)
	})
}

// join re-points a membership to the actor. What the company attests comes along; what its file said in the person's
// own name does not. The stand-in person goes.
func (s *Service) join(tx *gorm.DB, who Actor, m Membership) error {
	standIn := m.PersonID
	var there []Membership
	if err := tx.Where("company_id = ? AND person_id = ?", m.CompanyID, who.PersonID).Find(&there).Error; err != nil {
		return err
	}
	steps := []step{{`UPDATE memberships SET person_id = ?, joined_at = coalesce(joined_at, ?) WHERE id = ?`, []any{who.PersonID, s.clock.Now(), m.ID}}}
	if len(there) > 0 {
		steps = merge(m, there[0])
	}
	steps = append(steps,
		step{`INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level, typed, attested_by) SELECT ?, skill_id, evidence, company_id, level, typed, attested_by
			FROM person_skills WHERE person_id = ? AND evidence <> 'self' AND attested_by IS DISTINCT FROM ? ON CONFLICT DO NOTHING`, []any{who.PersonID, standIn, who.PersonID}},
		step{`UPDATE person_words w SET person_id = ? WHERE person_id = ? AND evidence <> 'self' AND NOT EXISTS (SELECT 1 FROM person_words o
			WHERE o.person_id = ? AND (o.key, o.evidence, o.company_id) = (w.key, w.evidence, w.company_id))`, []any{who.PersonID, standIn, who.PersonID}},
		step{`UPDATE profile_looks l SET person_id = ? WHERE person_id = ? AND viewer_id <> ? AND NOT EXISTS (SELECT 1 FROM profile_looks o
			WHERE o.person_id = ? AND (o.company_id, o.viewer_id, o.day) = (l.company_id, l.viewer_id, l.day))`, []any{who.PersonID, standIn, who.PersonID, who.PersonID}},
		step{`DELETE FROM person_skills WHERE person_id = ?`, []any{standIn}},
		step{`DELETE FROM one_time_links WHERE person_id = ?`, []any{standIn}},
		step{`DELETE FROM people WHERE id = ?`, []any{standIn}})
	return run(tx, steps)
}

// merge moves what hangs on a second membership at the same company to the first, and leaves a note for the index,
// which has to forget the second.
//
// Who was here from outside only is an alumnus from now on, under the address that the company's records have.
func merge(twin, kept Membership) []step {
	second, first := twin.ID, kept.ID
	return []step{
		{`UPDATE stints s SET membership_id = ? WHERE membership_id = ? AND NOT EXISTS (SELECT 1 FROM stints f WHERE f.membership_id = ?
			AND f.department_id IS NOT DISTINCT FROM s.department_id AND f.joined_on = s.joined_on)`, []any{first, second, first}},
		{`DELETE FROM stints WHERE membership_id = ?`, []any{second}},
		{`UPDATE farewells SET membership_id = ? WHERE membership_id = ? AND NOT EXISTS (SELECT 1 FROM farewells WHERE membership_id = ?)`, []any{first, second, first}},
		{`DELETE FROM farewells WHERE membership_id = ?`, []any{second}},
		{`UPDATE invitations i SET membership_id = ? WHERE membership_id = ? AND NOT EXISTS (SELECT 1 FROM invitations f WHERE f.membership_id = ? AND f.task_id = i.task_id)`, []any{first, second, first}},
		{`DELETE FROM invitations WHERE membership_id = ?`, []any{second}},
		{`INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM memberships WHERE id = ?`, []any{second}},
		{`DELETE FROM link_proposals WHERE membership_id = ?`, []any{second}},
		{`DELETE FROM memberships WHERE id = ?`, []any{second}},
		{`UPDATE memberships SET outside = false, email = ? WHERE id = ? AND outside`, []any{twin.Email, first}},
	}
}

// A step is one statement of several that belong together.
type step struct {
	sql  string
	args []any
}

func run(tx *gorm.DB, steps []step) error {
	for _, s := range steps {
		if err := tx.Exec(s.sql, s.args...).Error; err != nil {
			return err
		}
	}
	return nil
}
