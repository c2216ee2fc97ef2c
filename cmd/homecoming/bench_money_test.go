package main

import (
	"io"
	"testing"

	"homecoming/cmd/homecoming/bench"
)

// campaigned runs the crash campaign small: every third kill is a lost answer.
func campaigned(t *testing.T, seed uint64, withoutLookup bool) bench.CrashResult {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r, err := bench.Crash(t.Context(), bench.CrashOptions{Program: file, Kills: 3, Walkers: 3, Seed: seed, WithoutLookup: withoutLookup}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Kills != 3 || r.Walks == 0 || r.Checks != 4 {
		t.Fatalf("the campaign did not do its work: %+v", r)
	}
	return r
}

func TestTheCrashCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	if r := campaigned(t, 11, false); r.Lost != 0 || r.Doubled != 0 || len(r.Trouble) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheCrashCampaignWithoutTheLookUpReportsADoubledTransfer(t *testing.T) {
	t.Parallel()
	if r := campaigned(t, 12, true); r.Doubled == 0 {
		t.Errorf("the control found nothing: %+v", r)
	}
}
