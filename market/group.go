package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Group is several companies under one roof. One makes it and asks the others by their numbers; each answers for itself and
// leaves when it likes. Who shares its directory sees those of the others who do: people who left, did not hide and said no to
// nothing, with what they show to colleagues. A company is in one group at most.
type Group struct {
	ID        uuid.UUID
	Name      string
	NameEN    string         `gorm:"column:name_en"`
	Companies []GroupCompany `gorm:"-"` // ours first
}

// A GroupCompany is one of a group, or was asked to be.
type GroupCompany struct {
	CompanyID  uuid.UUID
	Name       string
	NameEN     string `gorm:"column:name_en"`
	State      GroupState
	Shares     bool // its directory, with those that share theirs
	AskedAt    time.Time
	AnsweredAt *time.Time
}

// A GroupState is what a company said.
type GroupState string

// The states. Only a company that agreed is in the group.
const (
	GroupAsked  GroupState = "asked"
	GroupAgreed GroupState = "agreed"
	GroupLeft   GroupState = "left" // or said no
)

// LetterGroup tells administrators that they are asked to be in a group.
const LetterGroup LetterKind = "group"

// What can be wrong with a group.
var (
	ErrInGroup     = problem.Define(problem.Conflict, "in_group", "This company is in a group already. It has to leave that one first.", "この会社はすでにグループに所属しています。先に現在のグループから脱退してください。")
	ErrNoGroup     = problem.Define(problem.Conflict, "no_group", "Your company is in no group. Make one first, or say yes to one that asks.", "グループに所属していません。グループを作成するか、招待を承認してください。")
	ErrGroupAsked  = problem.Define(problem.Conflict, "group_asked", "This company was asked already.", "この会社はすでに招待済みです。")
	ErrNoGroupAsks = problem.Define(problem.Conflict, "group_not_asked", "No group asks your company any more.", "回答できる招待がありません。")
)

// GroupOf reads the group that a company is in, with every company that was asked; the zero Group when it is in none.
func (s *Service) GroupOf(ctx context.Context, who Actor, company uuid.UUID) (Group, error) {
	if err := who.May(SeePeople, company); err != nil {
		return Group{}, err
	}
	return groupIn(s.db.Gorm(ctx), company, GroupAgreed)
}

// GroupInvitations lists the groups that ask a company.
func (s *Service) GroupInvitations(ctx context.Context, who Actor, company uuid.UUID) ([]Group, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	var list []Group
	return list, s.db.Gorm(ctx).Raw(`SELECT g.* FROM company_groups g JOIN group_companies c ON c.group_id = g.id
		WHERE c.company_id = ? AND c.state = 'asked' ORDER BY c.asked_at, g.id`, company).Scan(&list).Error
}

func groupIn(g *gorm.DB, company uuid.UUID, state GroupState) (Group, error) {
	var found []Group
	err := g.Raw("SELECT g.* FROM company_groups g JOIN group_companies c ON c.group_id = g.id WHERE c.company_id = ? AND c.state = ?", company, state).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return Group{}, err
	}
	group := found[0]
	return group, g.Raw(`SELECT c.company_id, x.name, x.name_en, c.state, c.shares, c.asked_at, c.answered_at FROM group_companies c JOIN companies x ON x.id = c.company_id
		WHERE c.group_id = ? AND c.state <> 'left' ORDER BY c.company_id <> ?, c.asked_at, c.company_id`, group.ID, company).Scan(&group.Companies).Error
}

// MakeGroup begins a group with the company in it.
func (s *Service) MakeGroup(ctx context.Context, who Actor, company uuid.UUID, name, nameEN string) (Group, error) {
	if err := who.May(Administer, company); err != nil {
		return Group{}, err
	}
	name, nameEN = strings.TrimSpace(name), strings.TrimSpace(nameEN)
	switch {
	case name == "":
		return Group{}, ErrRequired.On("name")
	case len([]rune(name)) > maxName || len([]rune(nameEN)) > maxName:
		return Group{}, ErrTooLong.On("name").With("max", maxName)
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		id, now := newID(), s.clock.Now()
		err := run(tx, []step{
			{"INSERT INTO company_groups (id, name, name_en, made_by, made_at) VALUES (?, ?, ?, ?, ?)", []any{id, name, nameEN, who.PersonID, now}},
			{"INSERT INTO group_companies (group_id, company_id, state, asked_by, asked_at, answered_by, answered_at) VALUES (?, ?, 'agreed', ?, ?, ?, ?)",
				[]any{id, company, who.PersonID, now, who.PersonID, now}}})
		if err != nil {
			return refused(err, groupRefusals)
		}
		return Audit(tx, who, company, "group.make", "group:"+id.String(), map[string]any{"name": name})
	})
	if err != nil {
		return Group{}, err
	}
	return s.GroupOf(ctx, who, company)
}

var groupRefusals = map[string]*problem.Error{"one_group_a_company": ErrInGroup}

// lockGroup reads the group that the company is in, after the policy was asked, or ErrNoGroup.
func (s *Service) lockGroup(tx *gorm.DB, who Actor, company uuid.UUID) (Group, error) {
	if err := who.May(Administer, company); err != nil {
		return Group{}, err
	}
	if err := tx.Exec("SELECT FROM group_companies WHERE company_id = ? FOR NO KEY UPDATE", company).Error; err != nil {
		return Group{}, err
	}
	g, err := groupIn(tx, company, GroupAgreed)
	if err == nil && g.ID == uuid.Nil {
		err = ErrNoGroup
	}
	return g, err
}

// AskIntoGroup asks another company by its number to be in the group. Its administrators are told by letter.
func (s *Service) AskIntoGroup(ctx context.Context, who Actor, company, other uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		g, err := s.lockGroup(tx, who, company)
		if err != nil {
			return err
		}
		if company == other {
			return ErrOwnCompany.On("company_id")
		}
		if _, err := CompanyByID(tx, other); err != nil {
			return ErrUnknownCompany.On("company_id").With("value", other).Because(err)
		}
		done := tx.Exec(`INSERT INTO group_companies (group_id, company_id, state, asked_by, asked_at) VALUES (?, ?, 'asked', ?, ?)
			ON CONFLICT (group_id, company_id) DO UPDATE SET state = 'asked', asked_by = excluded.asked_by, asked_at = excluded.asked_at, answered_by = NULL, answered_at = NULL
			WHERE group_companies.state = 'left'`, g.ID, other, who.PersonID, s.clock.Now())
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrGroupAsked.On("company_id")
		}
		if done.Error != nil {
			return done.Error
		}
		if err := tellAdministrators(tx, other, Letter{Letter: LetterGroup, Path: "/settings/group", Facts: map[string]any{"title": g.Name}}); err != nil {
			return err
		}
		return Audit(tx, who, company, "group.ask", "group:"+g.ID.String(), map[string]any{"company": other})
	})
}

// AnswerGroup says for a company whether it is in a group that asks it.
func (s *Service) AnswerGroup(ctx context.Context, who Actor, company, group uuid.UUID, yes bool) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	state := map[bool]GroupState{true: GroupAgreed, false: GroupLeft}[yes]
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE group_companies SET state = ?, answered_by = ?, answered_at = ? WHERE group_id = ? AND company_id = ? AND state = 'asked'",
			state, who.PersonID, s.clock.Now(), group, company)
		if done.Error != nil {
			return refused(done.Error, groupRefusals)
		}
		if done.RowsAffected == 0 {
			return ErrNoGroupAsks
		}
		return Audit(tx, who, company, "group."+string(state), "group:"+group.String(), nil)
	})
}

// LeaveGroup takes the company out. Nobody of the group sees its people from then on, nor it theirs.
func (s *Service) LeaveGroup(ctx context.Context, who Actor, company uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		g, err := s.lockGroup(tx, who, company)
		if err != nil {
			return err
		}
		err = tx.Exec("UPDATE group_companies SET state = 'left', shares = false, answered_by = ?, answered_at = ? WHERE group_id = ? AND company_id = ?",
			who.PersonID, s.clock.Now(), g.ID, company).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, company, "group.left", "group:"+g.ID.String(), nil)
	})
}

// ShareDirectory says whether the company shows its people to those of the group who show theirs.
func (s *Service) ShareDirectory(ctx context.Context, who Actor, company uuid.UUID, share bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		g, err := s.lockGroup(tx, who, company)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE group_companies SET shares = ? WHERE group_id = ? AND company_id = ?", share, g.ID, company).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "group.share", "group:"+g.ID.String(), map[string]any{"shares": share})
	})
}

// shared is true of a membership m whose company shows its directory to the company @company, which shows its own.
const shared = `EXISTS (SELECT 1 FROM group_companies ours JOIN group_companies theirs USING (group_id)
	WHERE ours.company_id = @company AND theirs.company_id = m.company_id AND theirs.company_id <> ours.company_id AND ours.shares AND theirs.shares)`

func companyNames(g *gorm.DB, members []Member) (map[uuid.UUID]Company, error) {
	var ids []uuid.UUID
	for _, m := range members {
		ids = append(ids, m.CompanyID)
	}
	var list []Company
	err := g.Select("id, name, name_en").Where("id IN ?", orNone(ids)).Find(&list).Error
	names := map[uuid.UUID]Company{}
	for _, c := range list {
		names[c.ID] = c
	}
	return names, err
}

// shownInGroup lists the names of the companies that see a membership in their group's directory, for its person.
func shownInGroup(g *gorm.DB, company uuid.UUID) (names []string, err error) {
	return names, g.Raw(`SELECT x.name FROM group_companies ours JOIN group_companies theirs USING (group_id) JOIN companies x ON x.id = theirs.company_id
		WHERE ours.company_id = ? AND theirs.company_id <> ours.company_id AND ours.shares AND theirs.shares ORDER BY x.name`, company).Scan(&names).Error
}
