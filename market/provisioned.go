package market

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Provisioning is a company's staff directory that writes its people here, by SCIM 2.0 (RFC 7643 and 7644): who works there,
// and in which groups. Only the hash of the secret that it shows is kept.
type Provisioning struct {
	CompanyID uuid.UUID `gorm:"primaryKey"`
	Hash      []byte    `json:"-"`
	MadeBy    uuid.UUID
	MadeAt    time.Time
	UsedAt    *time.Time // to the minute
}

// A Directory is a company's staff directory that has shown its secret. It may do one thing: say who works there.
type Directory struct{ CompanyID uuid.UUID }

// A ProvisionedAccount is one of the directory's people. While it is active its person is staff of the company, and has the roles
// of its groups; they have no role there when it is not, whoever gave it.
type ProvisionedAccount struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	PersonID  *uuid.UUID // from the first time that it is active
	AccountEdit
	CreatedAt time.Time
	ChangedAt time.Time
	Joined    bool               // had taken a role here when it was switched off the last time
	Groups    []ProvisionedGroup `gorm:"-"` // without their members
}

// An AccountEdit is what a directory says of one of its people.
type AccountEdit struct {
	UserName              string // unique at the company, whatever its case
	ExternalID            string // the directory's own name for it; may be empty
	Email                 string // of a domain that the company has proved
	FamilyName, GivenName string // the person's too, as long as they are of this company alone
	Active                bool
}

// A ProvisionedGroup is a group of the directory, and the role that its members have here.
type ProvisionedGroup struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	GroupEdit
	Role      Role // a fixed role or the id of the company's own; empty until an administrator says
	CreatedAt time.Time
	ChangedAt time.Time
	Count     int `gorm:"->"` // members
}

// A GroupEdit is what a directory says of a group.
type GroupEdit struct {
	Name       string // unique at the company, whatever its case
	ExternalID string
	Members    []uuid.UUID `gorm:"-"` // accounts
}

// What can be wrong with what a directory writes.
var (
	ErrForeignAddress = problem.Define(problem.Invalid, "address_of_no_proved_domain",
		"“{value}” is of no domain that this company has proved. Prove the domain in the settings, or leave this person out.",
		"「{value}」は、この会社が確認済みのドメインのアドレスではありません。設定でドメインを確認するか、対象から外してください。")
	ErrUserNameTaken = problem.Define(problem.Conflict, "user_name_taken",
		"There is an account with this user name.", "同じユーザー名のアカウントがあります。")
	ErrGroupNameTaken = problem.Define(problem.Conflict, "group_name_taken",
		"There is a group of this name.", "同じ名前のグループがあります。")
	ErrAccountOfPerson = problem.Define(problem.Conflict, "account_of_same_person",
		"Another account of this directory is already the same person.", "この方には、ディレクトリの別のアカウントがすでに対応しています。")
	ErrMemberUnknown = problem.Define(problem.Invalid, "unknown_account",
		"“{value}” is no account of this directory.", "「{value}」は、このディレクトリのアカウントではありません。")
	ErrTooManyGroups = problem.Define(problem.Conflict, "too_many_groups",
		"A directory brings at most {max} groups. Assign fewer to this program.", "グループは{max}件までです。割り当てるグループを減らしてください。")
	ErrAccountOff = problem.Define(problem.Conflict, "account_switched_off",
		"Your staff directory has switched this person's account off. Switch it on there first.", "この方のアカウントは社員ディレクトリで無効になっています。先にディレクトリ側で有効にしてください。")
	ErrRoleFromDirectory = problem.Define(problem.Conflict, "role_from_directory",
		"This role comes from your staff directory. Take it back there.", "この権限は社員ディレクトリから付与されています。ディレクトリ側で変更してください。")
)

const (
	maxProvisionedGroups = 200
	maxExternalID        = 500
)

// check puts what a directory said into shape, and finds what is wrong with it.
func (e *AccountEdit) check() error {
	for _, text := range []*string{&e.UserName, &e.ExternalID, &e.Email, &e.FamilyName, &e.GivenName} {
		*text = strings.TrimSpace(sayable(*text))
	}
	e.Email = Address(e.Email)
	switch {
	case e.UserName == "":
		return ErrRequired.On("userName")
	case len([]rune(e.UserName)) > maxExternalID:
		return ErrTooLong.On("userName").With("max", maxExternalID)
	case len([]rune(e.ExternalID)) > maxExternalID:
		return ErrTooLong.On("externalId").With("max", maxExternalID)
	case !address.MatchString(e.Email):
		return ErrAddress.On("emails").With("value", e.Email)
	case len([]rune(e.FamilyName)) > maxName:
		return ErrTooLong.On("name.familyName").With("max", maxName)
	case len([]rune(e.GivenName)) > maxName:
		return ErrTooLong.On("name.givenName").With("max", maxName)
	}
	return nil
}

func (e *GroupEdit) check() error {
	e.Name, e.ExternalID = strings.TrimSpace(sayable(e.Name)), strings.TrimSpace(sayable(e.ExternalID))
	switch {
	case e.Name == "":
		return ErrRequired.On("displayName")
	case len([]rune(e.Name)) > maxExternalID:
		return ErrTooLong.On("displayName").With("max", maxExternalID)
	case len([]rune(e.ExternalID)) > maxExternalID:
		return ErrTooLong.On("externalId").With("max", maxExternalID)
	}
	return nil
}

// roles are what an account's person has at the company: none where it is not active.
func (a ProvisionedAccount) roles() []Role {
	if !a.Active {
		return nil
	}
	all := []Role{Staff}
	for _, g := range a.Groups {
		if g.Role != "" && g.Role != Staff {
			all = append(all, g.Role)
		}
	}
	return all
}
