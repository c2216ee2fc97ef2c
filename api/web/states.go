package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

var taskTones = map[market.TaskState]ui.Tone{market.Published: ui.Now, market.Awarded: ui.Good, market.TaskCanceled: ui.Bad}

func taskMark(ctx context.Context, s market.TaskState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.task."+string(s)), Tone: taskTones[s]}
}

var bidTones = map[market.BidState]ui.Tone{market.Open: ui.Now, market.Accepted: ui.Good}

func bidMark(ctx context.Context, s market.BidState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.bid."+string(s)), Tone: bidTones[s]}
}

var memberTones = map[market.MemberState]ui.Tone{market.Joined: ui.Good, market.Invited: ui.Now}

func memberMark(ctx context.Context, s market.MemberState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.member."+string(s)), Tone: memberTones[s]}
}

// levels are the words for 1, 2 and 3.
func level(ctx context.Context, n int) string { return ui.T(ctx, "level."+string(rune('0'+n))) }

// companyName is the name in the reader's language, where the company has one.
func companyName(c market.Company, lang problem.Language) string {
	if lang == problem.English && c.NameEN != "" {
		return c.NameEN
	}
	return c.Name
}

// departmentName is the department's name in the reader's language.
func departmentName(d market.Department, lang problem.Language) string {
	if lang == problem.English && d.NameEN != "" {
		return d.NameEN
	}
	return d.Name
}

// inLanguage chooses between two names, and takes the other where one is missing.
func inLanguage(lang problem.Language, en, ja string) string {
	if lang == problem.Japanese && ja != "" || en == "" {
		return ja
	}
	return en
}
