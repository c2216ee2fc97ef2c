package web

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/matching"
)

// getStop shows what a letter's link is for, and stops nothing: scanners follow links.
func (v *visit) getStop() error {
	if key, err := uuid.Parse(v.c.Param("token")); err == nil {
		return v.stopSearch(key, v.Matching.SearchToStop)
	}
	stop, err := v.Market.LettersToStop(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	v.inLetterLanguage(stop.Language)
	return v.ok(stopKindPage(stop, false))
}

// postStop stops the letters, for whoever has one of them. Mail programs post here by themselves (RFC 8058), and want a plain
// answer.
func (v *visit) postStop() error {
	if key, err := uuid.Parse(v.c.Param("token")); err == nil {
		return v.stopSearch(key, v.Matching.StopSearch)
	}
	stop, err := v.Market.StopLetters(v.ctx, v.c.Param("token"), market.Way(v.c.PostForm("way")))
	if errors.Is(err, market.ErrNotAWay) {
		return market.ErrNotFound // no page of ours offers it
	}
	if err != nil {
		return err
	}
	v.inLetterLanguage(stop.Language)
	return v.ok(stopKindPage(stop, true))
}

func (v *visit) stopSearch(key uuid.UUID, do func(context.Context, uuid.UUID) (matching.SavedSearch, error)) error {
	saved, err := do(v.ctx, key)
	if err != nil {
		return err
	}
	return v.ok(stopPage(saved))
}

// stoppedTo names what became of the letters.
func stoppedTo(s market.Stop) string {
	if s.Kind == market.EveryDigest {
		return "digest"
	}
	return string(s.Way)
}
