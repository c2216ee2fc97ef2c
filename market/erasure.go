package market

import (
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market/personal"
)

// An Erasure is a person's wish to be forgotten, and what became of it: asked, and hidden from everybody at once; for Grace they
// may think again; then everything that is theirs goes, in steps, and a stone stays: an id with nothing behind it.
type Erasure struct {
	ID       uuid.UUID
	PersonID uuid.UUID
	State    ErasureState
	AskedAt  time.Time
	DueAt    time.Time  // until then they may think again
	BegunAt  *time.Time // when the last letter was written, and they could act no more
	EndedAt  *time.Time
}

// TableName is where they are kept.
func (Erasure) TableName() string { return "erasures" }

// An ErasureState is how far it is.
type ErasureState string

// The states: asked ends as canceled, or goes on as erasing, which ends as done, or rests as kept until the law's time is over.
const (
	ErasureAsked    ErasureState = "asked"
	ErasureCanceled ErasureState = "canceled"
	Erasing         ErasureState = "erasing"
	ErasureKept     ErasureState = "kept" // all is gone but what a law has kept
	ErasureDone     ErasureState = "done"
)

// Times of an erasure.
const (
	Grace      = 14 * 24 * time.Hour // in which the person may think again
	lastLetter = time.Hour           // between the letter that says it begins, and its beginning
	freshFor   = time.Hour           // how old a sign-in may be where there is no password
)

// What stands in the way of an erasure.
var (
	ErrErasureAsked = problem.Define(problem.Conflict, "erasure_asked",
		"You have asked for this already.", "すでにお申し込みいただいています。")
	ErrNotLeaving = problem.Define(problem.Conflict, "not_leaving",
		"There is nothing to take back: you have not asked to be forgotten, or it has begun.", "取り消すお申し込みがありません。お申し込みがないか、すでに消去が始まっています。")
	ErrStaleSignIn = problem.Define(problem.Forbidden, "sign_in_again",
		"You signed in more than an hour ago. Sign out, sign in again, and ask then.", "サインインから1時間以上経過しています。いったんサインアウトし、サインインし直してからお申し込みください。")
	ErrBidsOpen = problem.Define(problem.Conflict, "bids_open",
		"A company is still considering a bid of yours. Withdraw your open bids first.", "検討中の応募があります。先に応募を取り下げてください。")
	ErrProposalOpen = problem.Define(problem.Conflict, "proposal_open",
		"A company asks whether somebody in its records is you. Answer it on your profile first: what is yours is erased, and what is not stays.",
		"名簿の方がご本人かどうか、会社からの確認が届いています。先にプロフィール画面でお答えください。ご本人の情報は消去され、別の方の情報はそのまま残ります。")
)

// people is what erasing somebody has to know of this room; obstacles are asked in the order in which people would clear them.
var people = personal.Room{Tables: PersonalData, Obstacles: []personal.Obstacle{
	{Err: ErrLastAdministrator, SQL: `SELECT '' FROM role_grants g WHERE g.person_id = @person AND g.role = 'administrator' AND g.accepted_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM role_grants o WHERE o.company_id = g.company_id AND o.role = 'administrator' AND o.accepted_at IS NOT NULL AND o.person_id <> g.person_id) LIMIT 1`},
	{Err: ErrProposalOpen, SQL: "SELECT '' FROM link_proposals WHERE person_id = @person AND state = 'open' LIMIT 1"},
	{Err: ErrBidsOpen, SQL: "SELECT '' FROM bids WHERE person_id = @person AND state = 'open' LIMIT 1"},
}}
