package api

import (
	"net/http"
	"slices"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// endpoints is the table of every route but the pages'. What a line needs is an action of market's policy, SignedIn
// where the use case itself decides what somebody sees, or Anybody.
func (s *Server) endpoints() []endpoint {
	return slices.Concat(s.aboutComingIn(), own(s.aboutSigningIn()...), s.aboutTokens(), scoped("me", s.aboutMe()...), scoped("me", s.aboutTalk()...), scoped("company", s.aboutCompanies()...), scoped("people", s.aboutPeople()...), scoped("events", s.aboutEvents()...), scoped("referrals", s.aboutReferrals()...), scoped("news", s.aboutNews()...), scoped("people", s.aboutReturns()...), scoped("company", s.aboutConduct()...), quiet(scoped("company", s.aboutReports()...)...),
		scoped("tasks", s.aboutWork()...), scoped("contracts", s.aboutContracts()...), scoped("money", s.aboutMoney()...),
		scoped("money", s.exportEndpoints()...), scoped("money", s.aboutDocuments()...), s.forMachines(), s.forDirectories())
}

// aboutComingIn is the ways in.
func (s *Server) aboutComingIn() []endpoint {
	return []endpoint{
		limited(post("/session", access.Anybody, s.signIn, "Sign in by password")),
		remove("/session", access.Anybody, s.signOut, "Sign out"),
		once(limited(post("/session/challenges", access.Anybody, s.beginPasskeySignIn, "Ask a browser for a passkey"))),
		limited(post("/session/passkey", access.Anybody, s.passkeySignIn, "Sign in by a passkey")),
		limited(post("/session/links", access.Anybody, s.requestLink, "Ask for a one-time link by mail")),
		limited(post("/knocks", access.Anybody, s.knock, "Say at a company's door that one worked there; a letter follows")),
		limited(post("/session/knock", access.Anybody, s.comeIn, "Come in by that letter")),
		limited(post("/session/link", access.Anybody, s.useLink, "Sign in by a one-time link")),
	}
}

// aboutSigningIn is the ways in that somebody has. No token but one for everything opens them: each is a way to more than the
// token is good for.
func (s *Server) aboutSigningIn() []endpoint {
	return []endpoint{
		get("/me/sessions", access.SignedIn, s.sessions, "Where I am signed in"),
		remove("/me/sessions/{id}", access.SignedIn, s.endSession, "Sign one of my browsers out"),
		post("/me/sessions/end-others", access.SignedIn, s.endOtherSessions, "Sign out everywhere but here"),
		get("/me/passkeys", access.SignedIn, s.passkeys, "My passkeys"),
		once(post("/me/passkeys/challenges", access.SignedIn, s.beginPasskey, "Ask my browser to make a passkey")),
		post("/me/passkeys", access.SignedIn, s.addPasskey, "Keep a passkey"),
		remove("/me/passkeys/{id}", access.SignedIn, s.removePasskey, "Take a passkey out"),
		once(post("/me/authenticator", access.SignedIn, s.beginAuthenticator, "Set up an authenticator app")),
		once(limited(post("/me/authenticator/confirm", access.SignedIn, s.confirmAuthenticator, "Give its first code, and ask for one from now on"))),
		limited(post("/me/authenticator/remove", access.SignedIn, s.removeAuthenticator, "Ask for no code any more")),
		limited(put("/me/password", access.SignedIn, s.setPassword, "Set my password")),
		limited(post("/me/address", access.SignedIn, s.askAddress, "Name another address to sign in with; a letter goes there")),
		limited(post("/me/address/confirm", access.SignedIn, s.confirmAddress, "Confirm it with what the letter's link carries")),
		get("/me/leaving", access.SignedIn, s.leaving, "Where I stand on being forgotten, and what stands in the way"),
		limited(post("/me/leaving", access.SignedIn, s.askErasure, "Ask to be forgotten: hidden at once, erased after 14 days")),
		remove("/me/leaving", access.SignedIn, s.cancelErasure, "Take that back"),
		get("/me/company-accounts", access.SignedIn, s.myCompanyAccounts, "My accounts at the providers of my companies"),
		remove("/me/company-accounts/{id}", access.SignedIn, s.unlinkMine, "Part me from my account at one company's provider"),
	}
}

// aboutTokens is somebody's tokens. Whoever came in through a company's provider makes them for that company alone.
func (s *Server) aboutTokens() []endpoint {
	return []endpoint{
		get("/tokens", access.SignedIn, s.tokens, "My tokens"),
		once(post("/tokens", access.SignedIn, s.createToken, "Make a token")),
		remove("/tokens/{id}", access.SignedIn, s.revokeToken, "Revoke a token"),
	}
}

// aboutMe is what belongs to one person.
func (s *Server) aboutMe() []endpoint {
	return []endpoint{
		get("/me", access.SignedIn, s.me, "Who I am"),
		get("/me/profile", access.SignedIn, s.profile, "My profile"),
		patch("/me/profile", access.SignedIn, s.editProfile, "Change my profile"),
		get("/me/data.zip", access.SignedIn, s.myData, "Everything that is kept about me, as JSON and CSV"),
		get("/me/claims", access.SignedIn, s.myClaims, "Where I say that I worked, and what came of it"),
		post("/claims", access.SignedIn, s.makeClaim, "Say that I worked at a company which has me in no file"),
		get("/claims/{id}", access.SignedIn, s.claim, "One of them, as I stand to it"),
		post("/claims/{id}/withdraw", access.SignedIn, s.withdrawClaim, "Take mine back"),
		post("/claims/{id}/answer", access.SignedIn, s.answerClaim, "Say whether I worked with them"),
		get("/me/attestations", access.SignedIn, s.attestationRequests, "Whom I asked to attest my skills"),
		post("/attestations", access.SignedIn, s.askAttestation, "Ask a former colleague to attest my skills"),
		get("/attestations/{id}", access.SignedIn, s.attestationRequest, "What I am asked to attest"),
		put("/attestations/{id}", access.SignedIn, s.attest, "Say what I know them to be able to do"),
		get("/farewells/{id}", access.SignedIn, s.farewell, "My last day at a company, and what I answered"),
		post("/farewells/{id}", access.SignedIn, s.answerFarewell, "Stay in touch, or rather not"),
		patch("/me/memberships/{id}", access.SignedIn, s.hide, "Hide me from a company's candidates"),
		get("/me/shown-to", access.SignedIn, s.shown, "How far beyond my own companies I agree to be shown"),
		put("/me/shown-to", access.SignedIn, s.setShown, "Choose that"),
		get("/me/calendar", access.SignedIn, s.calendar, "When I have time"),
		put("/me/calendar", access.SignedIn, s.setCalendar, "Say when, in whole"),
		get("/me/audiences", access.SignedIn, s.audiences, "Who sees which field of my profile"),
		put("/me/audiences", access.SignedIn, s.setAudiences, "Choose that"),
		get("/me/looks", access.SignedIn, s.whoLooked, "Who opened my page in the last 90 days"),
		get("/me/consents", access.SignedIn, s.myConsents, "What I agree to at each of my companies"),
		put("/me/consents", access.SignedIn, s.setConsents, "Agree at a company, or take that back"),
		get("/me/blocks", access.SignedIn, s.blocks, "Companies that I keep away"),
		post("/me/blocks", access.SignedIn, s.block, "Keep a company away, without its knowing"),
		get("/me/proposals", access.SignedIn, s.proposals, "Companies that say I worked there"),
		post("/me/proposals/{id}", access.SignedIn, s.answerProposal, "Say whether I did"),
		get("/me/records", access.SignedIn, s.records, "What companies say of work of mine that they accepted"),
		put("/me/records/{id}", access.SignedIn, s.showRecord, "Put one on my page, or take it off"),
		get("/me/records/{id}/credential.jwt", access.SignedIn, s.credential, "One as a signed Open Badges 3.0 credential"),
		get("/me/record-page", access.SignedIn, s.recordPage, "Where I show them to everybody"),
		put("/me/record-page", access.SignedIn, s.setRecordPage, "Have such a page, or none"),
		get("/me/recommended-tasks", access.SignedIn, s.recommended, "Work that fits me"),
		get("/me/bids", access.SignedIn, s.myBids, "My bids"),
	}
}

// aboutTalk is what people say to one another, and the files that go with it.
func (s *Server) aboutTalk() []endpoint {
	return []endpoint{
		long(taking(post("/files", access.SignedIn, s.keepFile, "Give a file, to be used within a day"), "application/octet-stream")),
		get("/files/{id}", access.SignedIn, s.openFile, "A file, to be saved"),
		get("/messages", access.SignedIn, s.messages, "A conversation about a task, a bid, a contract or a referral, the latest message first"),
		post("/messages", access.SignedIn, s.writeMessage, "Write to the other side"),
		get("/threads", access.SignedIn, s.threads, "My conversations, those with the latest message first"),
		get("/threads/{id}", access.SignedIn, s.thread, "One of them, and who has read how far"),
		post("/threads/{id}/read", access.SignedIn, s.readThread, "Say how far I have read"),
		get("/live", access.SignedIn, s.live, "What changes for me, as server-sent events: unread counts, and threads with something new"),
		get("/me/notifications", access.SignedIn, s.notices, "What happened that concerns me, the latest first"),
		post("/me/notifications/read", access.SignedIn, s.readNotices, "Say that I have read them all, up to a moment"),
		post("/me/notifications/{id}/read", access.SignedIn, s.readNotice, "Say that I have read one"),
		get("/me/notification-settings", access.SignedIn, s.hearing, "How I hear of what"),
		patch("/me/notification-settings", access.SignedIn, s.setHearing, "Choose how: by mail at once, in a digest, in the app or not at all, and when letters wait"),
	}
}

// aboutCompanies is how a company is set up, and who works for it.
func (s *Server) aboutCompanies() []endpoint {
	return []endpoint{
		get("/companies/{id}", access.SignedIn, s.company, "A company of mine"),
		patch("/companies/{id}", market.Administer, s.editCompany, "Change a company's settings"),
		get("/companies/{id}/departments", access.SignedIn, s.departments, "Its departments"),
		get("/companies/{id}/formula", access.SignedIn, s.formula, "The constants of its score"),
		put("/companies/{id}/formula", market.Administer, s.setFormula, "Change the constants of its score"),
		reading(post("/tasks/{id}/formula-preview", market.Administer, s.previewFormula, "What other constants would change for one task")),
		get("/companies/{id}/team", market.Administer, s.team, "Who has which role"),
		post("/companies/{id}/team", market.Administer, s.grantRole, "Give a role"),
		remove("/companies/{id}/team/{person_id}/{role}", market.Administer, s.revokeRole, "Take a role back"),
		get("/companies/{id}/roles", market.Administer, s.customRoles, "The roles that it made itself, and what they can be made of"),
		post("/companies/{id}/roles", market.Administer, s.createCustomRole, "Make a role"),
		put("/roles/{id}", market.Administer, s.editCustomRole, "Change it, for everybody who has it"),
		remove("/roles/{id}", market.Administer, s.removeCustomRole, "Remove a role that nobody has"),
		get("/companies/{id}/provider", market.Administer, s.provider, "Its identity provider"),
		put("/companies/{id}/provider", market.Administer, s.saveProvider, "Set it up or change it; it has to be tested anew"),
		post("/companies/{id}/provider/switch", market.Administer, s.switchProvider, "Switch it on or off, or let its people in by nothing else"),
		remove("/companies/{id}/provider", market.Administer, s.removeProvider, "Take it away"),
		get("/companies/{id}/directory", market.Administer, s.directory, "Its staff directory, which writes its people here by SCIM, and the directory's groups"),
		once(post("/companies/{id}/directory/secret", market.Administer, s.connectDirectory, "Make the directory's secret anew")),
		put("/companies/{id}/directory/groups/{group_id}", market.Administer, s.mapGroup, "Say what the members of one of its groups may do"),
		remove("/companies/{id}/directory", market.Administer, s.partDirectory, "Have it write no more; accounts and roles stay"),
		get("/companies/{id}/provider/people", market.Administer, s.linkedPeople, "Who is connected with it"),
		remove("/companies/{id}/provider/people/{person_id}", market.Administer, s.unlinkPerson, "Part somebody from their account there"),
		get("/companies/{id}/domains", market.Administer, s.domains, "The domains of its e-mail addresses"),
		post("/companies/{id}/domains", market.Administer, s.askDomain, "Claim one: a letter with a code goes to admin@ it"),
		post("/domains/{id}/prove", market.Administer, s.proveDomain, "Give the code of the letter"),
		remove("/domains/{id}", market.Administer, s.removeDomain, "Give one up"),
		get("/companies/{id}/outgoing-webhooks", market.Administer, s.outgoings, "The addresses of its own that are told what happens"),
		once(post("/companies/{id}/outgoing-webhooks", market.Administer, s.createOutgoing, "Have one told")),
		get("/outgoing-webhooks/{id}", market.Administer, s.outgoing, "One of them"),
		patch("/outgoing-webhooks/{id}", market.Administer, s.editOutgoing, "Change it, pause it or switch it on"),
		once(post("/outgoing-webhooks/{id}/rotate", market.Administer, s.rotateOutgoing, "Give it a new secret; the old one signs too for a day")),
		post("/outgoing-webhooks/{id}/try", market.Administer, s.tryOutgoing, "Tell it of a trial"),
		get("/outgoing-webhooks/{id}/deliveries", market.Administer, s.deliveries, "What it was told in the last 30 days, the latest first"),
		post("/outgoing-webhooks/{id}/replay", market.Administer, s.replayFailed, "Tell it again of all that was given up"),
		post("/deliveries/{id}/replay", market.Administer, s.replayDelivery, "Tell one thing again"),
		remove("/outgoing-webhooks/{id}", market.Administer, s.removeOutgoing, "Forget it"),
		get("/companies/{id}/log", market.SeeLog, s.logbook, "Who did what, the latest first"),
		get("/companies/{id}/log.csv", market.SeeLog, s.logCSV, "All of it as a file"),
		get("/companies/{id}/partners", market.PostTasks, s.partners, "Its partners, and what was asked"),
		post("/companies/{id}/partners", market.Administer, s.askPartner, "Ask a company to be a partner"),
		post("/companies/{id}/partners/{partner_id}/agree", market.Administer, s.agreePartner, "Agree to what another company asked"),
		remove("/companies/{id}/partners/{partner_id}", market.Administer, s.endPartner, "End a partnership, or refuse it"),
	}
}

// aboutPeople is whom companies know, and what people can do.
func (s *Server) aboutPeople() []endpoint {
	return []endpoint{
		post("/companies/{id}/departments", market.ManagePeople, s.addDepartment, "Make a department"),
		get("/departments/{id}", market.ManagePeople, s.department, "A department with what it was before"),
		patch("/departments/{id}", market.ManagePeople, s.editDepartment, "Rename it, or put it under another, from a day on"),
		post("/departments/{id}/merge", market.ManagePeople, s.mergeDepartment, "Make it part of another"),
		get("/companies/{id}/entities", access.SignedIn, s.entities, "Its legal entities"),
		post("/companies/{id}/entities", market.ManagePeople, s.addEntity, "Name one"),
		patch("/entities/{id}", market.ManagePeople, s.editEntity, "Change one"),
		get("/companies/{id}/group", market.SeePeople, s.group, "The group that it is in"),
		post("/companies/{id}/group", market.Administer, s.makeGroup, "Make a group"),
		get("/companies/{id}/group/invitations", market.Administer, s.groupInvitations, "Groups that ask it"),
		post("/companies/{id}/group/companies", market.Administer, s.askIntoGroup, "Ask another company into the group"),
		post("/companies/{id}/group/answer", market.Administer, s.answerGroup, "Say whether to be in a group that asks"),
		put("/companies/{id}/group/directory", market.Administer, s.shareDirectory, "Show its people to companies of the group that show theirs"),
		get("/companies/{id}/group/people", market.SeePeople, s.groupPeople, "People of the group's other companies"),
		remove("/companies/{id}/group", market.Administer, s.leaveGroup, "Leave the group"),
		get("/companies/{id}/colleagues", access.SignedIn, s.fellows, "Colleagues of mine at a company who show themselves"),
		get("/companies/{id}/colleagues/worked-with", access.SignedIn, s.workedWith, "Those of them with whom I was in one department"),
		put("/members/{id}/skills", market.ManagePeople, s.attestSkill, "Attest a skill for the company, or take that back"),
		get("/companies/{id}/claims", market.ManagePeople, s.claims, "People who are in no file and say that they worked here"),
		post("/claims/{id}/verify", market.ManagePeople, s.verifyClaim, "Say that it is so"),
		post("/claims/{id}/refuse", market.ManagePeople, s.refuseClaim, "Say that it is not"),
		get("/companies/{id}/farewells", market.ManagePeople, s.farewells, "Who leaves, and what they answered"),
		post("/farewells/{id}/letter", market.ManagePeople, s.sendFarewell, "Send the first letter to somebody who leaves before its hour"),
		get("/companies/{id}/farewell-words", market.ManagePeople, s.farewellWords, "What the company says to who leaves, in its own words"),
		put("/companies/{id}/farewell-words", market.ManagePeople, s.setFarewellWords, "Say it"),
		get("/companies/{id}/consents", market.ManagePeople, s.consentCounts, "How many of its people agree to what"),
		get("/companies/{id}/consents.csv", market.ManagePeople, s.consentsCSV, "Who agreed to what, as a file"),
		put("/stints/{id}", market.ManagePeople, s.endStint, "Say when and why a stint ends"),
		get("/companies/{id}/records", market.ManagePeople, s.companyRecords, "What the company says of work that it accepted"),
		post("/records/{id}/revoke", market.ManagePeople, s.revokeRecord, "Take back what it said"),
		get("/companies/{id}/exposure", market.ManagePeople, s.exposure, "Who is shown, invited and awarded, by cohort"),
		get("/companies/{id}/network", market.ManagePeople, s.network, "How the network does: reach, activity, time to match, repeat work, newcomers, spend, punctuality, referrals, returns and events, by months"),
		get("/companies/{id}/network.csv", market.ManagePeople, s.networkCSV, "The same as a file"),
		get("/companies/{id}/bars", market.ManagePeople, s.bars, "Whom the company keeps away, and until when"),
		post("/companies/{id}/bars", market.ManagePeople, s.barMember, "Keep somebody away, or flag a conflict of interest"),
		remove("/bars/{id}", access.SignedIn, s.lift, "Lift what keeps a person and a company apart"),
		get("/companies/{id}/alumni", market.SeePeople, s.people, "The directory"),
		long(upload(post("/companies/{id}/alumni/import", market.ManagePeople, s.importAlumni, "Take people in from an HR file"), "text/csv")),
		get("/jobs/{id}", access.SignedIn, s.job, "How far long work is, and what came of it"),
		later(post("/jobs/{id}/confirm", market.ManagePeople, s.confirmImport, "Take in for good the file that a dry run checked")),
		post("/companies/{id}/alumni/invitations", market.ManagePeople, s.invitePeople, "Invite people to join"),
		get("/members/{id}", access.SignedIn, s.member, "One member, or my own membership"),
		get("/members/{id}/timeline", access.SignedIn, s.memberTimeline, "What happened between a member and the company, the latest first"),

		get("/companies/{id}/talent", market.SeePeople, s.searchPeople, "Find people by words"),
		get("/search/tasks", access.SignedIn, s.searchTasks, "Find tasks by words"),
		get("/saved-searches", access.SignedIn, s.savedSearches, "The searches that I keep"),
		post("/saved-searches", access.SignedIn, s.saveSearch, "Keep a search, and hear of what newly fits"),
		get("/saved-searches/{id}", access.SignedIn, s.savedSearch, "One of them"),
		put("/saved-searches/{id}", access.SignedIn, s.editSearch, "Change what it looks for"),
		post("/saved-searches/{id}/pause", access.SignedIn, s.pauseSearch, "Send no letters for now"),
		post("/saved-searches/{id}/resume", access.SignedIn, s.resumeSearch, "Send letters again"),
		remove("/saved-searches/{id}", access.SignedIn, s.deleteSearch, "Forget it"),

		get("/skills", access.SignedIn, s.skills, "Find skills by name"),
		reading(post("/skills/suggest", access.SignedIn, s.suggestSkills, "Find the skills that a text speaks of")),
		get("/companies/{id}/skills", market.ManageSkills, s.ownSkills, "The skills that a company made itself, with their use"),
		get("/companies/{id}/skill-merges", market.ManageSkills, s.merges, "Skills that were made another"),
		get("/companies/{id}/words", market.ManageSkills, s.words, "What was typed of people and means no skill yet, or several"),
		post("/companies/{id}/words", market.ManageSkills, s.settleWords, "Say which skill some words mean"),
		post("/me/words", access.SignedIn, s.settleMyWords, "Say which skill some words of mine mean"),
		get("/skills/{id}", market.ManageSkills, s.ownSkill, "One of the company's own skills"),
		patch("/skills/{id}", market.ManageSkills, s.editOwnSkill, "Rename it, or say what is broader"),
		post("/skills/{id}/merge", market.ManageSkills, s.mergeSkill, "Make it another skill, with all that names it"),
		post("/skill-merges/{id}/undo", market.ManageSkills, s.undoMerge, "Take a merge back while nothing else changed"),
	}
}

// aboutWork is tasks and the bids for them.
func (s *Server) aboutWork() []endpoint {
	return []endpoint{
		get("/tasks", access.SignedIn, s.tasks, "The tasks I may see"),
		post("/tasks", market.PostTasks, s.postTask, "Draft a task"),
		get("/tasks/{id}", access.SignedIn, s.task, "One task"),
		put("/tasks/{id}", market.PostTasks, s.editTask, "Change a task"),
		post("/tasks/{id}/publish", market.PostTasks, s.publishTask, "Publish a draft"),
		post("/tasks/{id}/cancel", market.PostTasks, s.cancelTask, "Cancel a task"),
		get("/tasks/{id}/clarifications", access.SignedIn, s.clarifications, "Questions about a task that are answered for everybody"),
		post("/tasks/{id}/clarifications", market.PostTasks, s.clarify, "Answer a question for everybody whom the task reaches"),
		put("/clarifications/{id}", market.PostTasks, s.correctClarification, "Correct an answer; who is concerned is told"),
		get("/tasks/{id}/candidates", market.PostTasks, s.candidates, "Who fits best, and why"),
		reading(post("/candidates", market.PostTasks, s.rankDraft, "Who would fit a task that is being written")),
		reading(post("/reach", market.PostTasks, s.reach, "How many a task that is being written would be shown to")),
		get("/tasks/{id}/rankings", market.PostTasks, s.rankings, "The lists that were shown about a task"),
		get("/rankings/{id}", market.PostTasks, s.shownRanking, "One list that was shown, scored again"),
		get("/tasks/{id}/standing", market.BidOnTasks, s.standing, "How I fit, and what would lift me"),
		get("/tasks/{id}/invitations", market.PostTasks, s.invitations, "Who was asked"),
		post("/tasks/{id}/invitations", market.PostTasks, s.invite, "Invite people to bid"),
		post("/tasks/{id}/invitations/decline", market.BidOnTasks, s.declineInvitation, "Not this time"),
		get("/tasks/{id}/bids", access.SignedIn, s.bids, "The bids I may see"),
		post("/tasks/{id}/bids", market.BidOnTasks, s.placeBid, "Bid"),

		get("/bids/{id}", access.SignedIn, s.bid, "One bid"),
		get("/bids/{id}/versions", access.SignedIn, s.bidVersions, "Every offer that was made"),
		post("/bids/{id}/counter", access.SignedIn, s.counter, "Offer other terms"),
		patch("/bids/{id}", market.PostTasks, s.mark, "Shortlist or put aside"),
		get("/bids/{id}/licences", access.SignedIn, s.licences, "What reserved work needs, as the bidder states it"),
		post("/bids/{id}/licences/confirm", market.PostTasks, s.confirmLicence, "Note that a registration was looked up and is right"),
		get("/bids/{id}/cautions", market.PostTasks, s.cautions, "What needs a second look before an award"),
		post("/bids/{id}/cautions", market.PostTasks, s.askLook, "Ask for it"),
		get("/companies/{id}/cautions", market.ClearCautions, s.looks, "The second looks that wait"),
		post("/cautions/{id}/clear", market.ClearCautions, s.clearLook, "Say why it is all right"),
		post("/cautions/{id}/decline", market.ClearCautions, s.declineLook, "Say why it is not"),
		post("/bids/{id}/withdraw", market.BidOnTasks, s.withdraw, "Take my bid back"),

		post("/bids/{id}/accept", access.SignedIn, s.acceptBid, "Turn a bid into a contract"),

		get("/companies/{id}/budgets", access.SignedIn, s.budgets, "Its purchase orders and cost centres"),
		post("/companies/{id}/budgets", market.ManageBudgets, s.createBudget, "Set money aside"),
		get("/budgets/{id}", market.ManageBudgets, s.budget, "One of them, with the tasks that hold something of it"),
		patch("/budgets/{id}", market.ManageBudgets, s.editBudget, "Change, close or reopen one"),
		get("/companies/{id}/approval-rules", market.SeeTasks, s.approvalRules, "Who says yes to what a task may cost, in order"),
		put("/companies/{id}/approval-rules", market.Administer, s.setApprovalRules, "Set them"),
		get("/companies/{id}/spending-requests", market.SeeTasks, s.spendingRequests, "What was asked, those that wait first"),
		get("/spending-requests/{id}", market.SeeTasks, s.spendingRequest, "One of them, with its chain"),
		post("/tasks/{id}/spending-requests", market.PostTasks, s.askSpending, "Ask whether a task may cost so much"),
		post("/spending-requests/{id}/approve", market.ApproveSpend, s.approveSpending, "Say yes"),
		post("/spending-requests/{id}/decline", market.ApproveSpend, s.declineSpending, "Say no, and why"),
		post("/spending-requests/{id}/withdraw", market.PostTasks, s.withdrawSpending, "Take a request back"),
		get("/companies/{id}/delegations", market.ApproveSpend, s.delegations, "Who stands in for me, and for whom I do"),
		post("/companies/{id}/delegations", market.ApproveSpend, s.delegate, "Have somebody stand in for me"),
		remove("/delegations/{id}", access.SignedIn, s.endDelegation, "End that"),
	}
}

// aboutContracts is what was agreed, from the first day to a dispute.
func (s *Server) aboutContracts() []endpoint {
	return []endpoint{
		get("/contracts", access.SignedIn, s.contracts, "The contracts I may see"),
		get("/contracts/{id}", access.SignedIn, s.contract, "One contract with its terms, notice and milestones"),
		post("/contracts/{id}/pause", market.RunContracts, s.pauseContract, "Let a contract rest"),
		post("/contracts/{id}/resume", market.RunContracts, s.resumeContract, "Let it go on"),
		post("/contracts/{id}/notice", access.SignedIn, s.giveNotice, "Say on which day it ends"),
		get("/contracts/{id}/disputes", access.SignedIn, s.contractDisputes, "The disputes about it"),
		get("/contracts/{id}/law", access.SignedIn, s.standingOf, "How it stands in the Freelance Act, renewals counted"),
		get("/contracts/{id}/timeline", access.SignedIn, s.timeline, "Everything that happened to its milestones"),
		get("/contracts/{id}/versions", access.SignedIn, s.versions, "What its terms were, and what changed when and why"),
		get("/contracts/{id}/amendments", access.SignedIn, s.changes, "Every change of its terms that was offered"),
		post("/contracts/{id}/amendments", access.SignedIn, s.offerChange, "Offer other terms"),
		get("/amendments/{id}", access.SignedIn, s.change, "One change, side by side with the terms it changes"),
		post("/amendments/{id}/sign", access.SignedIn, s.signChange, "Agree to what the other side offered"),
		post("/amendments/{id}/decline", access.SignedIn, s.declineChange, "Say no to it"),
		post("/amendments/{id}/withdraw", access.SignedIn, s.withdrawChange, "Take my side's offer back"),
		repeatable(post("/amendments/{id}/top-up", market.RunContracts, s.topUp, "Open the page to pay what a signed change adds")),
		post("/amendments/{id}/top-up-by-card", market.RunContracts, s.topUpByCard, "Charge a saved card with what a signed change adds"),
		repeatable(post("/amendments/{id}/top-up-by-bank-transfer", market.RunContracts, s.topUpByBankTransfer, "Ask where to send what a signed change adds")),
		post("/reviews", access.SignedIn, s.review, "Say how a completed contract went"),

		get("/contracts/{id}/weeks", access.SignedIn, s.weeks, "The weeks of a contract by the hour"),
		get("/weeks/{id}", access.SignedIn, s.week, "One week with its timesheet"),
		get("/weeks/{id}/entries", access.SignedIn, s.timesheet, "Everything that was ever written down for it"),
		post("/weeks/{id}/entries", market.DeliverWork, s.recordWork, "Write down what was worked on a day, or correct it"),

		get("/milestones/{id}", access.SignedIn, s.milestone, "One milestone with its timeline"),
		repeatable(post("/milestones/{id}/fund", market.RunContracts, s.fund, "Open the checkout page")),
		post("/milestones/{id}/start", market.DeliverWork, s.start, "Begin the work"),
		post("/milestones/{id}/submit", market.DeliverWork, s.submit, "Deliver the work"),
		post("/milestones/{id}/request-changes", market.RunContracts, s.requestChanges, "Ask for changes"),
		post("/milestones/{id}/accept", market.RunContracts, s.acceptWork, "Accept the work"),
		post("/milestones/{id}/fund-by-card", market.RunContracts, s.fundByCard, "Charge a saved card"),
		repeatable(post("/milestones/{id}/fund-by-bank-transfer", market.RunContracts, s.fundByBankTransfer, "Ask where to send a bank transfer")),
		get("/bank-transfers/{id}", market.PayBills, s.bankTransfer, "What a bank transfer waits for"),
		post("/bank-transfers/{id}/cancel", market.PayBills, s.cancelBankTransfer, "Give a bank transfer up"),
		post("/bank-transfers/{id}/apply", market.PayBills, s.applyCash, "Pay for it out of the company's cash"),
		post("/milestones/{id}/refund", market.RunContracts, s.refund, "Take the money back before delivery"),
		post("/milestones/{id}/cancel", market.RunContracts, s.cancelMilestone, "Take a milestone out that was not funded"),
		post("/milestones/{id}/dispute", access.SignedIn, s.openDispute, "Open a dispute about what is held"),
		post("/milestones/{id}/reverse", market.SettleMoney, s.reverse, "Ask to take a transfer back"),
		post("/milestones/{id}/recovery", market.DeliverWork, s.agreeRecovery, "Agree that what I owe is kept from later payments"),

		get("/disputes/{id}", access.SignedIn, s.dispute, "One dispute with its proposals"),
		post("/disputes/{id}/propose", access.SignedIn, s.propose, "Propose a split"),
		post("/disputes/{id}/agree", access.SignedIn, s.agree, "Agree to the other side's latest proposal"),
		post("/disputes/{id}/withdraw", access.SignedIn, s.withdrawDispute, "Take my dispute back"),
		post("/disputes/{id}/rule", market.RuleDisputes, s.rule, "Decide what the parties could not settle"),
		post("/disputes/{id}/confirm", market.RuleDisputes, s.confirmRuling, "Confirm what somebody else decided"),
	}
}

// aboutMoney is money after it has moved, and the books.
func (s *Server) aboutMoney() []endpoint {
	return []endpoint{
		get("/companies/{id}/approvals", market.ApproveMoney, s.approvals, "What waits for a second person"),
		post("/approvals/{id}/approve", market.ApproveMoney, s.approve, "Carry out what somebody else asked for"),
		post("/approvals/{id}/decline", market.ApproveMoney, s.decline, "Say no to it"),
		post("/approvals/{id}/withdraw", access.SignedIn, s.withdrawApproval, "Take back what I asked for"),
		get("/companies/{id}/refunds", market.SeeMoney, s.companyRefunds, "Money on its way back"),
		post("/refunds/{id}/retry", market.SettleMoney, s.retryRefund, "Send a failed refund again"),
		post("/refunds/{id}/by-hand", market.SettleMoney, s.refundByHand, "Say that a failed refund was paid by bank transfer"),
		get("/companies/{id}/chargebacks", market.SeeMoney, s.chargebacks, "Payments that the payer's bank contests"),
		get("/chargebacks/{id}", market.SeeMoney, s.chargeback, "One chargeback with its papers"),
		post("/chargebacks/{id}/evidence", market.SettleMoney, s.sendEvidence, "Answer the payer's bank"),
		get("/companies/{id}/debts", market.SeeMoney, s.debts, "What is owed: fees, what chargebacks left, what could not be taken back"),
		post("/companies/{id}/debts/write-off", market.SettleMoney, s.writeOff, "Ask the operators to give a debt up"),
		post("/milestones/{id}/pay-back-by-card", market.SettleMoney, s.payBackByCard, "Charge a saved card with what the company owes"),
		repeatable(post("/milestones/{id}/pay-back-by-bank-transfer", market.SettleMoney, s.payBackByBankTransfer, "Ask where to send what the company owes")),
		get("/companies/{id}/cash", market.PayBills, s.cash, "What the company sent and nothing was paid with yet"),
		post("/companies/{id}/cash/return", market.SettleMoney, s.returnCash, "Send a part of it back to the company's bank"),
		get("/companies/{id}/cards", market.PayBills, s.cards, "The company's saved cards"),
		post("/companies/{id}/cards/forget", market.PayBills, s.forgetCard, "Take a saved card away"),
		get("/sweeps", market.SweepRevenue, s.sweeps, "What was sent from the provider to the platform's bank"),
		post("/sweeps", market.SweepRevenue, s.proposeSweep, "Propose to send what was earned"),
		get("/sweeps/{id}", market.SweepRevenue, s.sweep, "One sweep with its entries"),
		post("/sweeps/{id}/approve", market.SweepRevenue, s.approveSweep, "Send what somebody else proposed"),
		post("/sweeps/{id}/decline", market.SweepRevenue, s.declineSweep, "Say no to it"),
		get("/concessions", market.SweepRevenue, s.concessions, "What companies ask for at the platform's cost"),
		post("/concessions/{id}/decide", market.SweepRevenue, s.decideConcession, "Agree to it, say no, or take back one's own"),
		repeatable(post("/milestones/{id}/pay-back", market.SettleMoney, s.payBack, "Open the page on which the company pays what it owes")),
		get("/me/debts", access.SignedIn, s.myDebts, "What I owe"),

		get("/companies/{id}/bank-accounts", market.SeeMoney, s.bankAccounts, "The accounts that a company pays from"),
		post("/companies/{id}/bank-accounts", market.SettleMoney, s.addBankAccount, "List one"),
		post("/bank-accounts/{id}/close", market.SettleMoney, s.closeBankAccount, "Take one out of use"),
		get("/bank-accounts/{id}/lines", market.SeeMoney, s.bankLines, "What happened on it, as the bank says"),
		post("/bank-lines/{id}/match", market.SettleMoney, s.matchLine, "Say what a line is"),
		upload(post("/bank-accounts/{id}/statements", market.SettleMoney, s.uploadStatement, "Give a statement of it, a CSV or a Zengin file, and see what it would bring"), "application/octet-stream"),
		get("/companies/{id}/bank-statements", market.SeeMoney, s.bankStatements, "The statements that were given"),
		get("/bank-statements/{id}", market.SeeMoney, s.bankStatement, "One of them"),
		post("/bank-statements/{id}/import", market.SettleMoney, s.importStatement, "Take its lines in, each once"),
		post("/bank-statements/{id}/discard", market.SettleMoney, s.discardStatement, "Take it back, with the lines that it brought"),
		get("/companies/{id}/payables", market.SeeMoney, s.payables, "What is owed and in no pay run, by legal due day"),
		get("/companies/{id}/pay-runs", market.ApproveMoney, s.payRuns, "Payments that go out together"),
		post("/companies/{id}/pay-runs", market.SettleMoney, s.proposePayRun, "Propose to pay"),
		get("/companies/{id}/exports/zengin.txt", market.SettleMoney, s.transferFiles, "The transfer files of all pay runs of some days, as a bank takes them"),
		get("/pay-runs/{id}", market.ApproveMoney, s.payRun, "One pay run"),
		post("/pay-runs/{id}/approve", market.ApproveMoney, onRun(s.cfg.Billing.ApprovePayRun), "Approve what somebody else proposed"),
		post("/pay-runs/{id}/decline", market.ApproveMoney, onRun(s.cfg.Billing.DeclinePayRun), "Say no to it"),
		post("/pay-runs/{id}/withdraw", market.SettleMoney, onRun(s.cfg.Billing.WithdrawPayRun), "Take back what I proposed"),
		post("/pay-runs/{id}/file", market.SettleMoney, onRun(s.cfg.Billing.FilePayRun), "Make the transfer file"),
		get("/pay-runs/{id}/zengin.txt", market.SettleMoney, s.payRunFile, "The transfer file"),
		post("/pay-runs/{id}/send", market.SettleMoney, onRun(s.cfg.Billing.SendPayRun), "Note that the file was given to the bank"),
		post("/pay-runs/{id}/recall", market.SettleMoney, onRun(s.cfg.Billing.RecallPayRun), "Take an approved run back of which nothing was sent"),
		get("/me/bank-account", access.SignedIn, s.myBankAccount, "Where companies pay me from their own bank"),
		put("/me/bank-account", market.DeliverWork, s.setMyBankAccount, "Say where"),

		get("/me/payouts", access.SignedIn, s.myPayouts, "What was paid to my bank"),
		get("/me/payout-account", access.SignedIn, s.payoutAccount, "Whether I can be paid"),
		repeatable(post("/me/payout-account", market.DeliverWork, s.onboard, "Open the page that sets up my account")),

		get("/companies/{id}/payouts", market.SeeMoney, s.payouts, "What was paid to the company's alumni"),
		get("/companies/{id}/ledger/entries", market.SeeMoney, s.entries, "The ledger"),
		get("/companies/{id}/ledger/accounts", market.SeeMoney, s.accounts, "Its accounts"),
		get("/companies/{id}/money", market.SeeMoney, s.overview, "Where the company's money stands"),
		get("/companies/{id}/rules", market.SeeRules, s.rules, "What the law fixes, as dated rows"),
		reading(post("/companies/{id}/rules/preview", market.DraftRules, s.previewRule, "What a row would change")),
		post("/companies/{id}/rules", market.DraftRules, s.addRule, "Add a row, or ask a second person for it"),
		post("/rule-changes/{id}/approve", market.SeeRules, s.approveRule, "Add the row that somebody else asked for"),
		post("/rule-changes/{id}/decline", market.SeeRules, s.declineRule, "Say no to it"),
		post("/rule-changes/{id}/withdraw", access.SignedIn, s.withdrawRule, "Take back what I asked for"),
		get("/companies/{id}/duties", market.SeeMoney, s.duties, "What the law wants done, by when, and how punctually it was paid"),
		get("/companies/{id}/reconciliations", market.SeeMoney, s.reconciliations, "The latest reconciliations"),
		post("/reconciliations", market.ReconcileMoney, s.reconcile, "Compare the ledger with the payment provider"),
		get("/companies/{id}/insight", market.SeeMoney, s.insight, "Committed, funded, held, paid and due, by month, department, cost centre and person"),
		get("/companies/{id}/insight.csv", market.SeeMoney, s.insightCSV, "One of these tables"),
		get("/companies/{id}/exports", market.SeeMoney, s.exportsMade, "Which exports were made, by whom, with their hashes"),
		later(post("/companies/{id}/exports", market.SeeMoney, s.startExport, "Have an export made in the background")),
		get("/exports/{id}", market.SeeMoney, s.exportRun, "How far it is"),
		get("/exports/{id}/parts/{part}", market.SeeMoney, s.exportPart, "One of its files"),
		get("/companies/{id}/book-names", market.SeeMoney, s.bookNames, "How the company calls things in its bookkeeping program"),
		put("/companies/{id}/book-names", market.KeepBooks, s.setBookNames, "Change that"),
		get("/reconciliations/{id}", market.SeeMoney, s.reconciliation, "How far it is, and what it found"),
		get("/companies/{id}/exceptions", market.SeeMoney, s.exceptions, "What does not match and waits for somebody"),
		get("/exceptions/{id}", market.SeeMoney, s.exception, "One of them, with the entry prepared for it"),
		post("/exceptions/{id}/assign", market.ReconcileMoney, s.assignException, "Give it to somebody"),
		post("/exceptions/{id}/look-again", market.ReconcileMoney, s.lookAgain, "Read its object at the provider again and compare its day"),
		post("/exceptions/{id}/remind", market.ReconcileMoney, s.remindOfAccount, "Ask the alumnus for an account that works"),
		post("/exceptions/{id}/adjustments", market.SettleMoney, s.proposeAboutException, "Propose an entry, or that it counts as explained"),
		get("/companies/{id}/adjustments", market.SeeMoney, s.adjustments, "What was proposed about the books"),
		post("/companies/{id}/adjustments", market.SettleMoney, s.proposeEntry, "Propose an entry made by hand"),
		post("/adjustments/{id}/approve", market.ApproveMoney, s.approveAdjustment, "Agree to what somebody else proposed"),
		post("/adjustments/{id}/decline", market.ApproveMoney, s.declineAdjustment, "Say no to it"),
		post("/adjustments/{id}/withdraw", access.SignedIn, s.withdrawAdjustment, "Take back what I proposed"),
		get("/companies/{id}/explain", market.SeeMoney, s.explain, "The way back from any amount"),
		get("/companies/{id}/month", market.SeeMoney, s.month, "A month of the books and what is left to see to"),
		post("/companies/{id}/month/close", market.ReconcileMoney, s.closeMonth, "Close a month"),
		post("/companies/{id}/month/reopen", market.ReconcileMoney, s.askReopening, "Ask to open the newest closed month again"),
		post("/companies/{id}/month/reopen/confirm", market.ApproveMoney, s.confirmReopening, "Agree to open it again"),
		post("/companies/{id}/month/reopen/decline", market.ApproveMoney, s.declineReopening, "Leave it closed"),
	}
}

// aboutDocuments is what was issued, and whether something was.
func (s *Server) aboutDocuments() []endpoint {
	return []endpoint{
		get("/companies/{id}/documents", market.SeeMoney, s.documents, "Find a company's documents by kind, day, amount and counterparty"),
		post("/companies/{id}/documents", market.SettleMoney, s.issuePeriod, "Issue what a month or a year calls for"),
		get("/me/documents", access.SignedIn, s.myDocuments, "My notices and statements"),
		get("/contracts/{id}/statement.pdf", access.SignedIn, s.statementFile, "The statements of a contract, as a file"),
		get("/contracts/{id}/terms-notice.pdf", access.SignedIn, s.noticeFile, "The statement of a contract's terms, as a file"),
		get("/documents/{id}", access.SignedIn, s.oneDocument, "One document with every answer to it"),
		get("/documents/{id}/document.pdf", access.SignedIn, s.documentFile, "Its file"),
		get("/documents/{id}/data.json", access.SignedIn, s.documentData, "Its data, the very text that was hashed"),
		get("/documents/{id}/records.csv", access.SignedIn, s.recordsFile, "The rows of payment records"),
		post("/documents/{id}/confirm", access.SignedIn, s.confirmDocument, "Confirm a statement about my work"),
		post("/documents/{id}/object", access.SignedIn, s.objectDocument, "Say what is wrong with a statement about my work"),
		post("/documents/{id}/reissue", market.SettleMoney, s.reissueDocument, "Make it anew; another version where it says something else"),
		limited(post("/documents/verify", access.Anybody, s.verifyHash, "Ask whether a hash is of a document that was issued here")),
		limited(taking(post("/documents/verify-file", access.Anybody, s.verifyFile, "Ask whether a file is a document that was issued here"), "application/pdf")),
	}
}

// forMachines is what no person asks for.
func (s *Server) forMachines() []endpoint {
	return []endpoint{
		plain(http.MethodPost, "/webhooks/stripe", s.webhook(billing.PlatformEndpoint)),
		plain(http.MethodPost, "/webhooks/stripe/connect", s.webhook(billing.ConnectEndpoint)),
		plain(http.MethodGet, prefix+"/openapi.json", s.openapi),
		plain(http.MethodGet, market.IssuersPath+"{id}", issuer(s, s.cfg.Market.Issuer)),
		plain(http.MethodGet, market.IssuersPath+"{id}/keys", issuer(s, s.cfg.Market.IssuerKeys)),
		plain(http.MethodGet, market.IssuersPath+"{id}/revocations", issuer(s, s.cfg.Market.Revocations)),
		plain(http.MethodGet, "/healthz", s.alive),
		plain(http.MethodGet, "/readyz", s.ready),
		plain(http.MethodGet, "/metrics", s.scrape),
	}
}
