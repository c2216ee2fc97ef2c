package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"homecoming/api/access"
	"homecoming/api/web/static"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A line of the table: what is asked, who may, which part of the navigation it belongs to, and what answers.
type line struct {
	method, path string
	needs        market.Action
	section      string
	serve        func(*visit) error
}

// table is every page.
var table = []line{
	{"GET", "/", access.Anybody, "", (*visit).getHome},
	{"GET", "/signin", access.Anybody, "", (*visit).getSignIn},
	{"POST", "/signin", access.Anybody, "", (*visit).postSignIn},
	{"POST", "/signin/code", access.Anybody, "", (*visit).postSignInCode},
	{"POST", "/signin/link", access.Anybody, "", (*visit).postSignInLink},
	{"POST", companySignInPath, access.Anybody, "", (*visit).postCompanySignIn},
	{"GET", market.ReturnPath, access.Anybody, "", (*visit).getProviderReturn},
	{"GET", "/link/{token}", access.Anybody, "", (*visit).getLink},
	{"POST", "/link/{token}", access.Anybody, "", (*visit).postLink},
	{"POST", "/signout", access.SignedIn, "", (*visit).postSignOut},
	{"POST", "/company", access.SignedIn, "", (*visit).postCompany},
	{"GET", "/checkout/done", access.Anybody, "", (*visit).getCheckoutDone},

	{"GET", "/tasks", market.SeeTasks, "tasks", (*visit).getTasks},
	{"GET", "/tasks/new", market.PostTasks, "tasks", (*visit).getNewTask},
	{"POST", "/tasks/new", market.PostTasks, "tasks", (*visit).postNewTask},
	{"POST", "/tasks/preview", market.PostTasks, "tasks", (*visit).postPreview},
	{"GET", "/tasks/{id}/edit", market.PostTasks, "tasks", (*visit).getEditTask},
	{"POST", "/tasks/{id}/edit", market.PostTasks, "tasks", (*visit).postEditTask},
	{"POST", "/tasks/{id}/publish", market.PostTasks, "tasks", (*visit).postPublish},
	{"POST", "/tasks/{id}/invitations", market.PostTasks, "tasks", (*visit).postInvitations},
	{"GET", "/tasks/{id}/cancel", market.PostTasks, "tasks", (*visit).getCancel},
	{"POST", "/tasks/{id}/cancel", market.PostTasks, "tasks", (*visit).postCancel},
	{"GET", "/tasks/{id}/answers", market.PostTasks, "tasks", (*visit).getClarify},
	{"POST", "/tasks/{id}/answers", market.PostTasks, "tasks", (*visit).postClarify},
	{"GET", "/tasks/{id}", access.SignedIn, "tasks", (*visit).getTask},

	{"GET", "/rankings/{id}", market.PostTasks, "tasks", (*visit).getShown},
	{"GET", "/work", market.BidOnTasks, "work", (*visit).getWork},
	{"POST", "/tasks/{id}/quote", market.BidOnTasks, "work", (*visit).postQuote},
	{"POST", "/tasks/{id}/bids", market.BidOnTasks, "work", (*visit).postBid},
	{"POST", "/tasks/{id}/decline", market.BidOnTasks, "work", (*visit).postDecline},
	{"POST", "/proposals/{id}", access.SignedIn, "work", (*visit).postProposal},

	{"GET", "/bids", market.BidOnTasks, "bids", (*visit).getBids},
	{"GET", "/bids/{id}", access.SignedIn, "bids", (*visit).getBid},
	{"POST", "/bids/{id}/counter", access.SignedIn, "bids", (*visit).postCounter},
	{"POST", "/bids/{id}/mark", market.PostTasks, "tasks", (*visit).postMark},
	{"POST", "/bids/{id}/cautions", market.PostTasks, "tasks", (*visit).postAskLook},
	{"GET", cautionsPath, market.ClearCautions, "tasks", (*visit).getCautions},
	{"POST", cautionsPath + "/{id}", market.ClearCautions, "tasks", (*visit).postCaution},
	{"POST", "/bids/{id}/withdraw", market.BidOnTasks, "bids", (*visit).postWithdraw},
	{"POST", "/bids/{id}/accept", access.SignedIn, "contracts", (*visit).postAccept},

	{"GET", "/contracts", access.SignedIn, "contracts", (*visit).getContracts},
	{"GET", "/contracts/{id}", access.SignedIn, "contracts", (*visit).getContract},
	{"POST", "/contracts/{id}/parting", access.SignedIn, "contracts", (*visit).postParting},
	{"GET", "/disputes/{id}", access.SignedIn, "contracts", (*visit).getDispute},
	{"POST", "/disputes/{id}", access.SignedIn, "contracts", (*visit).postDisputeStep},
	{"POST", "/milestones/{id}/dispute", access.SignedIn, "contracts", (*visit).postDispute},
	{"POST", "/milestones/{id}/reverse", market.SettleMoney, "contracts", (*visit).postReverse},
	{"POST", "/milestones/{id}/recovery", market.DeliverWork, "payouts", (*visit).postRecovery},
	{"GET", "/contracts/{id}/versions", access.SignedIn, "contracts", (*visit).getVersions},
	{"GET", "/contracts/{id}/change", access.SignedIn, "contracts", (*visit).getOfferChange},
	{"POST", "/contracts/{id}/change", access.SignedIn, "contracts", (*visit).postOfferChange},
	{"GET", "/changes/{id}", access.SignedIn, "contracts", (*visit).getChange},
	{"POST", "/changes/{id}", access.SignedIn, "contracts", (*visit).postChange},
	{"POST", "/changes/{id}/pay-by-card", market.RunContracts, "contracts", (*visit).postChangeByCard},
	{"POST", "/changes/{id}/pay-by-bank-transfer", market.RunContracts, "contracts", (*visit).postChangeByTransfer},
	{"GET", "/weeks/{id}", access.SignedIn, "contracts", (*visit).getWeek},
	{"POST", "/weeks/{id}/entries", market.DeliverWork, "contracts", (*visit).postEntry},
	{"GET", "/contracts/{id}/notice", access.SignedIn, "contracts", (*visit).getNotice},
	{"POST", "/contracts/{id}/review", access.SignedIn, "contracts", (*visit).postReview},
	{"POST", "/milestones/{id}/fund", market.RunContracts, "contracts", (*visit).postFund},
	{"POST", "/milestones/{id}/fund-by-card", market.RunContracts, "contracts", (*visit).postFundByCard},
	{"POST", "/milestones/{id}/fund-by-bank-transfer", market.RunContracts, "contracts", (*visit).postFundByTransfer},
	{"GET", "/bank-transfers/{id}/page", market.PayBills, "contracts", (*visit).getTransferPage},
	{"POST", "/bank-transfers/{id}", market.PayBills, "contracts", (*visit).postTransfer},
	{"POST", "/milestones/{id}/start", market.DeliverWork, "contracts", (*visit).postStart},
	{"POST", "/milestones/{id}/submit", market.DeliverWork, "contracts", submitting.post},
	{"POST", "/milestones/{id}/request-changes", market.RunContracts, "contracts", askingChanges.post},
	{"POST", "/milestones/{id}/accept", market.RunContracts, "contracts", (*visit).postAcceptWork},
	{"POST", "/milestones/{id}/refund", market.RunContracts, "contracts", refunding.post},
	{"POST", "/milestones/{id}/cancel", market.RunContracts, "contracts", canceling.post},

	{"GET", "/people", market.SeePeople, "people", (*visit).getPeople},
	{"GET", importPath, market.ManagePeople, "people", (*visit).getImport},
	{"POST", importPath, market.ManagePeople, "people", (*visit).postImport},
	{"POST", "/people/invite", market.ManagePeople, "people", (*visit).postInvitePeople},
	{"GET", "/people/exposure", market.ManagePeople, "people", (*visit).getExposure},
	{"GET", "/departments", market.ManagePeople, "people", (*visit).getDepartments},
	{"POST", "/departments", market.ManagePeople, "people", (*visit).postNewDepartment},
	{"GET", "/departments/{id}", market.ManagePeople, "people", (*visit).getDepartment},
	{"POST", "/departments/{id}", market.ManagePeople, "people", (*visit).postDepartment},
	{"POST", "/departments/{id}/merge", market.ManagePeople, "people", (*visit).postMergeDepartment},
	{"GET", entitiesPath, market.ManagePeople, "people", (*visit).getEntities},
	{"POST", entitiesPath, market.ManagePeople, "people", (*visit).postEntity},
	{"GET", groupPath, market.Administer, "settings", (*visit).getGroup},
	{"POST", groupPath, market.Administer, "settings", (*visit).postGroup},
	{"GET", groupPeoplePath, market.SeePeople, "people", (*visit).getGroupPeople},
	{"POST", "/profile/attestations", access.SignedIn, "profile", (*visit).postAskAttestation},
	{"GET", attestationsPath + "/{id}", access.SignedIn, "profile", (*visit).getAttestation},
	{"POST", attestationsPath + "/{id}", access.SignedIn, "profile", (*visit).postAttestation},
	{"POST", "/people/{id}/skills", market.ManagePeople, "people", (*visit).postAttestSkill},
	{"GET", "/join/{id}", access.Anybody, "", (*visit).getJoin},
	{"POST", "/join/{id}", access.Anybody, "", (*visit).postJoin},
	{"GET", "/knock/{token}", access.Anybody, "", (*visit).getKnock},
	{"POST", "/knock/{token}", access.Anybody, "", (*visit).postKnock},
	{"GET", claimsPath, access.SignedIn, "people", (*visit).getClaims},
	{"GET", claimsPath + "/new", access.SignedIn, "profile", (*visit).getNewClaim},
	{"POST", claimsPath + "/new", access.SignedIn, "profile", (*visit).postNewClaim},
	{"GET", claimsPath + "/{id}", access.SignedIn, "people", (*visit).getClaim},
	{"POST", claimsPath + "/{id}", access.SignedIn, "people", (*visit).postClaim},
	{"GET", companyConsentsPath, market.ManagePeople, "people", (*visit).getCompanyConsents},
	{"GET", companyConsentsPath + ".csv", market.ManagePeople, "people", (*visit).getConsentsFile},
	{"GET", aboutPath, access.SignedIn, "profile", (*visit).getAbout},
	{"POST", aboutPath, access.SignedIn, "profile", (*visit).postAbout},
	{"GET", calendarPath, access.SignedIn, "profile", (*visit).getCalendar},
	{"POST", calendarPath, access.SignedIn, "profile", (*visit).postCalendar},
	{"GET", audiencesPath, access.SignedIn, "profile", (*visit).getAudiences},
	{"POST", audiencesPath, access.SignedIn, "profile", (*visit).postAudiences},
	{"GET", fellowsPath, access.SignedIn, "colleagues", (*visit).getFellows},
	{"GET", looksPath, access.SignedIn, "profile", (*visit).getLooks},
	{"GET", timelinePath, access.SignedIn, "profile", (*visit).getTimelines},
	{"GET", consentsPath, access.SignedIn, "profile", (*visit).getConsents},
	{"POST", consentsPath, access.SignedIn, "profile", (*visit).postConsents},
	{"GET", "/farewells", market.ManagePeople, "people", (*visit).getFarewells},
	{"POST", "/farewells", market.ManagePeople, "people", (*visit).postFarewellWords},
	{"GET", "/farewells/{id}", access.SignedIn, "profile", (*visit).getFarewell},
	{"POST", "/farewells/{id}", access.SignedIn, "profile", (*visit).postFarewell},
	{"POST", "/profile/address", access.SignedIn, "profile", (*visit).postAddress},
	{"GET", "/address/{token}", access.Anybody, "profile", (*visit).getAddress},
	{"POST", "/address/{token}", access.Anybody, "profile", (*visit).postConfirmAddress},
	{"POST", "/stints/{id}", market.ManagePeople, "people", (*visit).postStint},
	{"GET", "/people/{id}", market.SeePeople, "people", (*visit).getMember},
	{"POST", "/people/{id}/bars", market.ManagePeople, "people", (*visit).postBar},
	{"POST", "/runs/{id}/confirm", market.ManagePeople, "people", (*visit).postConfirmImport},
	{"GET", "/runs/{id}", access.SignedIn, "people", (*visit).getRun},

	{"GET", eventsPath, access.SignedIn, "events", (*visit).getEvents},
	{"GET", eventsPath + "/new", market.RunEvents, "events", (*visit).getNewEvent},
	{"POST", eventsPath + "/new", market.RunEvents, "events", (*visit).postNewEvent},
	{"POST", eventsPath + "/reach", access.SignedIn, "events", (*visit).postReach},
	{"POST", eventsPath + "/calendar", access.SignedIn, "events", (*visit).postFeed},
	{"GET", "/calendar/{token}", access.Anybody, "", (*visit).getFeed},
	{"GET", eventsPath + "/{id}", access.SignedIn, "events", (*visit).getEvent},
	{"GET", eventsPath + "/{id}/edit", access.SignedIn, "events", (*visit).getEditEvent},
	{"POST", eventsPath + "/{id}/edit", access.SignedIn, "events", (*visit).postEditEvent},
	{"GET", eventsPath + "/{id}/host", access.SignedIn, "events", (*visit).getHost},
	{"POST", eventsPath + "/{id}/host", access.SignedIn, "events", (*visit).postHost},
	{"POST", eventsPath + "/{id}/answer", access.SignedIn, "events", (*visit).postAnswerEvent},
	{"POST", eventsPath + "/{id}/questions", access.SignedIn, "events", (*visit).postQuestion},
	{"POST", eventsPath + "/{id}/feedback", access.SignedIn, "events", (*visit).postFeedback},
	{"GET", eventsPath + "/{id}/event.ics", access.SignedIn, "events", (*visit).getEventFile},
	{"GET", eventsPath + "/{id}/attendance.csv", access.SignedIn, "events", (*visit).getAttendance},
	{"GET", myReturnPath, access.SignedIn, "profile", (*visit).getMyReturn},
	{"POST", myReturnPath, access.SignedIn, "profile", (*visit).postMyReturn},
	{"GET", returnsPath, market.SeeReturns, "returns", (*visit).getReturns},
	{"POST", returnsPath + "/rule", market.SeeReturns, "returns", (*visit).postReturnRule},
	{"GET", returnsPath + "/{id}", market.SeeReturns, "returns", (*visit).getReturn},
	{"POST", returnsPath + "/{id}", market.SeeReturns, "returns", (*visit).postReturn},
	{"GET", newsPath, access.SignedIn, "news", (*visit).getNews},
	{"GET", newsPath + "/new", market.PublishNews, "news", (*visit).getNewNews},
	{"POST", newsPath + "/new", market.PublishNews, "news", (*visit).postNewNews},
	{"POST", newsPath + "/reach", market.PublishNews, "news", (*visit).postNewsReach},
	{"POST", newsPath + "/feed", access.SignedIn, "news", (*visit).postNewsFeed},
	{"GET", "/feeds/{token}", access.Anybody, "", (*visit).getAtom},
	{"GET", newsPath + "/{id}", access.SignedIn, "news", (*visit).getPost},
	{"POST", newsPath + "/{id}", market.PublishNews, "news", (*visit).postPostStep},
	{"GET", newsPath + "/{id}/edit", market.PublishNews, "news", (*visit).getEditNews},
	{"POST", newsPath + "/{id}/edit", market.PublishNews, "news", (*visit).postEditNews},
	{"POST", "/questions/{id}", access.SignedIn, "events", (*visit).postQuestionStep},
	{"GET", "/door/{code}", access.SignedIn, "events", (*visit).getDoor},
	{"POST", "/door/{code}", access.SignedIn, "events", (*visit).postDoor},

	{"GET", referralsPath, access.SignedIn, "referrals", (*visit).getReferrals},
	{"GET", referralsPath + "/new", access.SignedIn, "referrals", (*visit).getNewReferral},
	{"POST", referralsPath + "/new", access.SignedIn, "referrals", (*visit).postNewReferral},
	{"GET", boardPath, market.FollowReferrals, "referrals", (*visit).getBoard},
	{"GET", programmesPath, market.RunReferrals, "referrals", (*visit).getProgrammes},
	{"GET", programmesPath + "/new", market.RunReferrals, "referrals", (*visit).getNewProgramme},
	{"POST", programmesPath + "/new", market.RunReferrals, "referrals", (*visit).postProgramme},
	{"GET", programmesPath + "/{id}", market.RunReferrals, "referrals", (*visit).getProgramme},
	{"POST", programmesPath + "/{id}", market.RunReferrals, "referrals", (*visit).postProgramme},
	{"GET", referralReportPath, market.RunReferrals, "referrals", (*visit).getReferralReport},
	{"GET", referralReportPath + ".csv", market.RunReferrals, "referrals", (*visit).getReferralReportFile},
	{"GET", referralsPath + "/{id}", access.SignedIn, "referrals", (*visit).getReferral},
	{"POST", referralsPath + "/{id}", access.SignedIn, "referrals", (*visit).postReferral},
	{"GET", "/introductions/{token}", access.Anybody, "", (*visit).getIntroduction},
	{"POST", "/introductions/{token}", access.Anybody, "", (*visit).postIntroduction},

	{"GET", conductPath, access.SignedIn, "", (*visit).getConduct},
	{"GET", conductPath + "/{id}", access.SignedIn, "", (*visit).getConductOf},
	{"POST", conductPath + "/{id}", access.SignedIn, "", (*visit).postAgreeConduct},
	{"GET", makeReportPath, access.SignedIn, "", (*visit).getMakeReport},
	{"POST", makeReportPath, access.SignedIn, "", (*visit).postMakeReport},
	{"GET", reportByCodePath, access.Anybody, "", (*visit).getReportByCode},
	{"POST", reportByCodePath, access.Anybody, "", (*visit).postReportByCode},
	{"GET", reportsPath, access.SignedIn, "", (*visit).getReports},
	{"GET", reportsPath + "/{id}", access.SignedIn, "", (*visit).getReport},
	{"POST", reportsPath + "/{id}", access.SignedIn, "", (*visit).postReport},
	{"POST", "/suspensions/{id}", market.HandleReports, "", (*visit).postSuspension},
	{"POST", "/settings/reports", market.Administer, "settings", (*visit).postReportsKept},
	{"GET", companyConductPath, market.Administer, "settings", (*visit).getCompanyConduct},
	{"POST", companyConductPath, market.Administer, "settings", (*visit).postCompanyConduct},

	{"GET", "/search", access.SignedIn, "search", (*visit).getSearch},
	{"GET", "/search/saved", access.SignedIn, "search", (*visit).getSaved},
	{"GET", "/search/saved/new", access.SignedIn, "search", (*visit).getNewSaved},
	{"POST", "/search/saved", access.SignedIn, "search", (*visit).postSaved},
	{"GET", "/search/saved/{id}", access.SignedIn, "search", (*visit).getEditSaved},
	{"POST", "/search/saved/{id}", access.SignedIn, "search", (*visit).postEditSaved},
	{"GET", market.NoticesPath, access.SignedIn, "", (*visit).getNotices},
	{"POST", market.NoticesPath, access.SignedIn, "", (*visit).postNotices},
	{"GET", hearingPath, access.SignedIn, "", (*visit).getHearing},
	{"POST", hearingPath, access.SignedIn, "", (*visit).postHearing},
	{"GET", "/unsubscribe/{token}", access.Anybody, "", (*visit).getStop},
	{"POST", "/unsubscribe/{token}", access.Anybody, "", (*visit).postStop},

	{"GET", "/files/{id}", access.SignedIn, "", (*visit).getFile},
	{"GET", talkPath, access.SignedIn, "messages", (*visit).getMessages},
	{"POST", talkPath, access.SignedIn, "messages", (*visit).postMessage},
	{"GET", talkPath + "/about", access.SignedIn, "messages", (*visit).getTalkAbout},
	{"GET", talkPath + "/{id}", access.SignedIn, "messages", (*visit).getThread},

	{"GET", "/skills", market.ManageSkills, "people", (*visit).getSkills},
	{"POST", "/skills/words", market.ManageSkills, "people", (*visit).postWords},
	{"GET", "/skills/{id}", market.ManageSkills, "people", (*visit).getSkill},
	{"POST", "/skills/{id}", market.ManageSkills, "people", (*visit).postSkill},
	{"POST", "/skills/{id}/merge", market.ManageSkills, "people", (*visit).postSkillMerge},
	{"POST", "/skills/merges/{id}/undo", market.ManageSkills, "people", (*visit).postSkillUndo},
	{"POST", "/bids/{id}/licences", market.PostTasks, "tasks", (*visit).postLicence},
	{"POST", "/profile/preview", access.SignedIn, "profile", (*visit).postProfilePreview},
	{"POST", "/profile/words", access.SignedIn, "profile", (*visit).postMyWords},
	{"GET", recordsPath, access.SignedIn, "payouts", (*visit).getRecords},
	{"POST", recordsPath, access.SignedIn, "payouts", (*visit).postRecordPage},
	{"POST", recordsPath + "/{id}", access.SignedIn, "payouts", (*visit).postShowRecord},
	{"GET", recordsPath + "/{id}/credential.jwt", access.SignedIn, "payouts", (*visit).getCredential},
	{"GET", publicRecordsPath + "{slug}", access.Anybody, "", (*visit).getPublicRecords},
	{"GET", publicRecordsPath + "{slug}/{id}", access.Anybody, "", (*visit).getPublicCredential},
	{"GET", companyRecordsPath, market.ManagePeople, "people", (*visit).getCompanyRecords},
	{"POST", companyRecordsPath + "/{id}", market.ManagePeople, "people", (*visit).postRevokeRecord},
	{"GET", market.LeavePath, access.SignedIn, "profile", (*visit).getLeaving},
	{"POST", market.LeavePath, access.SignedIn, "profile", (*visit).postLeaving},
	{"POST", market.LeavePath + "/stay", access.SignedIn, "profile", (*visit).postStay},
	{"GET", "/profile/data.zip", access.SignedIn, "profile", (*visit).getMyData},
	{"GET", "/profile", access.SignedIn, "profile", (*visit).getProfile},
	{"POST", "/profile", access.SignedIn, "profile", (*visit).postProfile},
	{"POST", "/profile/shown", access.SignedIn, "profile", (*visit).postShown},
	{"POST", "/profile/blocks", access.SignedIn, "profile", (*visit).postBlock},
	{"POST", "/bars/{id}/lift", access.SignedIn, "profile", (*visit).postLift},
	{"POST", "/memberships/{id}/privacy", access.SignedIn, "profile", (*visit).postPrivacy},
	{"POST", "/password", access.SignedIn, "profile", (*visit).postPassword},
	{"GET", "/security", access.SignedIn, "profile", (*visit).getSecurity},
	{"POST", "/security/passkeys/remove", access.SignedIn, "profile", (*visit).postRemovePasskey},
	{"POST", "/security/authenticator", access.SignedIn, "profile", (*visit).postAuthenticator},
	{"POST", "/security/authenticator/confirm", access.SignedIn, "profile", (*visit).postConfirmAuthenticator},
	{"POST", "/security/authenticator/remove", access.SignedIn, "profile", (*visit).postRemoveAuthenticator},
	{"POST", "/security/company-accounts", access.SignedIn, "profile", (*visit).postCompanyAccount},
	{"POST", "/security/sessions/end", access.SignedIn, "profile", (*visit).postEndSessions},
	{"POST", "/security/sessions/{id}/end", access.SignedIn, "profile", (*visit).postEndSession},
	{"GET", "/payouts", market.DeliverWork, "payouts", (*visit).getPayouts},
	{"POST", "/payouts/onboard", market.DeliverWork, "payouts", (*visit).postOnboard},
	{"POST", "/payouts/bank", market.DeliverWork, "payouts", (*visit).postPayee},

	{"GET", "/money", market.SeeMoney, "money", (*visit).getMoney},
	{"GET", lawPath, market.SeeMoney, "money", (*visit).getLaw},
	{"GET", "/money/settling", market.ApproveMoney, "money", (*visit).getSettling},
	{"POST", "/approvals/{id}", market.ApproveMoney, "approvals", (*visit).postApproval},
	{"POST", "/milestones/{id}/pay-back", market.SettleMoney, "money", (*visit).postPayBack},
	{"POST", "/milestones/{id}/pay-back-by-card", market.SettleMoney, "money", (*visit).postBackByCard},
	{"POST", "/milestones/{id}/pay-back-by-bank-transfer", market.SettleMoney, "money", (*visit).postBackByTransfer},
	{"GET", cashPath, market.PayBills, "money", (*visit).getCash},
	{"POST", cashPath, market.PayBills, "money", (*visit).postCash},
	{"POST", "/refunds/{id}", market.SettleMoney, "money", (*visit).postRefundAgain},
	{"POST", "/money/write-offs", market.SettleMoney, "money", (*visit).postWriteOff},
	{"GET", "/money/chargebacks/{id}", market.SeeMoney, "money", (*visit).getChargeback},
	{"POST", "/money/chargebacks/{id}/evidence", market.SettleMoney, "money", (*visit).postEvidence},
	{"GET", "/money/payruns", market.ApproveMoney, "money", (*visit).getPayRuns},
	{"POST", "/money/payruns", market.SettleMoney, "money", (*visit).postPayRun},
	{"GET", "/money/payruns/{id}", market.ApproveMoney, "money", (*visit).getPayRun},
	{"POST", "/money/payruns/{id}", market.ApproveMoney, "money", (*visit).postRunStep},
	{"GET", "/money/payruns/{id}/zengin.txt", market.SettleMoney, "money", (*visit).getTransferFile},
	{"GET", "/money/bank", market.SeeMoney, "money", (*visit).getBank},
	{"POST", "/money/bank", market.SettleMoney, "money", (*visit).postBankAccount},
	{"GET", "/money/bank/{id}", market.SeeMoney, "money", (*visit).getBankLines},
	{"POST", "/money/bank/{id}", market.SettleMoney, "money", (*visit).postBankLines},
	{"POST", "/money/bank/{id}/close", market.SettleMoney, "money", (*visit).postCloseBank},
	{"POST", "/money/statements", market.SettleMoney, "money", (*visit).postStatement},
	{"GET", "/money/statements/{id}", market.SeeMoney, "money", (*visit).getStatement},
	{"POST", "/money/statements/{id}", market.SettleMoney, "money", (*visit).postStatementStep},
	{"GET", "/money/ledger", market.SeeMoney, "money", (*visit).getLedger},
	{"GET", "/money/payouts", market.SeeMoney, "money", (*visit).getCompanyPayouts},
	{"GET", "/money/insight", market.SeeMoney, "money", (*visit).getInsight},
	{"GET", "/money/insight/table", market.SeeMoney, "money", (*visit).getInsightTable},
	{"GET", "/money/exports", market.SeeMoney, "money", (*visit).getExports},
	{"POST", "/money/exports", market.SeeMoney, "money", (*visit).postExport},
	{"GET", "/money/exports/file", market.SeeMoney, "money", (*visit).getExportFile},
	{"GET", "/money/exports/names", market.KeepBooks, "money", (*visit).getNames},
	{"POST", "/money/exports/names", market.KeepBooks, "money", (*visit).postNames},
	{"GET", "/money/exports/{id}", market.SeeMoney, "money", (*visit).getExportRun},
	{"GET", "/money/exports/{id}/parts/{part}", market.SeeMoney, "money", (*visit).getExportPart},
	{"GET", "/money/reconciliations", market.SeeMoney, "money", (*visit).getReconciliations},
	{"POST", "/money/reconciliations", market.ReconcileMoney, "money", (*visit).postReconciliation},
	{"GET", "/money/exceptions/{id}", market.SeeMoney, "money", (*visit).getException},
	{"POST", "/money/exceptions/{id}", market.ReconcileMoney, "money", (*visit).postException},
	{"POST", "/money/adjustments/{id}", market.ApproveMoney, "money", (*visit).postAdjustment},
	{"POST", "/money/months", market.ApproveMoney, "money", (*visit).postMonth},
	{"GET", "/money/explain", market.SeeMoney, "money", (*visit).getExplain},
	{"GET", "/money/reconciliations/{id}", market.SeeMoney, "money", (*visit).getReconciliation},

	{"GET", "/money/documents", market.SeeMoney, "money", (*visit).getMoneyDocuments},
	{"POST", "/money/documents", market.SettleMoney, "money", (*visit).postPeriod},
	{"GET", "/documents", access.SignedIn, "payouts", (*visit).getDocuments},
	{"GET", "/documents/{id}", access.SignedIn, "", (*visit).getDocument},
	{"GET", "/documents/{id}/file", access.SignedIn, "", (*visit).getDocumentFile},
	{"GET", "/documents/{id}/data", access.SignedIn, "", (*visit).getDocumentData},
	{"GET", "/documents/{id}/table", access.SignedIn, "", (*visit).getDocumentTable},
	{"POST", "/documents/{id}/confirm", access.SignedIn, "", (*visit).postConfirmDocument},
	{"POST", "/documents/{id}/object", access.SignedIn, "", (*visit).postObjectDocument},
	{"POST", "/documents/{id}/reissue", market.SettleMoney, "money", (*visit).postReissueDocument},
	{"GET", "/contracts/{id}/statement.pdf", access.SignedIn, "contracts", (*visit).getStatementFile},
	{"GET", "/contracts/{id}/terms-notice.pdf", access.SignedIn, "contracts", (*visit).getNoticeFile},
	{"GET", "/verify", access.Anybody, "", (*visit).getVerify},
	{"POST", "/verify", access.Anybody, "", (*visit).postVerify},

	{"GET", budgetsPath, market.ManageBudgets, "money", (*visit).getBudgets},
	{"POST", budgetsPath, market.ManageBudgets, "money", (*visit).postBudget},
	{"GET", budgetsPath + "/{id}", market.ManageBudgets, "money", (*visit).getBudget},
	{"POST", budgetsPath + "/{id}", market.ManageBudgets, "money", (*visit).postEditBudget},
	{"POST", "/tasks/{id}/spending", market.PostTasks, "tasks", (*visit).postAskSpending},
	{"GET", "/spending/{id}", market.SeeTasks, "approvals", (*visit).getSpending},
	{"POST", "/spending/{id}", market.SeeTasks, "approvals", (*visit).postSpending},
	{"POST", "/delegations", market.ApproveSpend, "approvals", (*visit).postDelegation},
	{"POST", "/delegations/{id}/end", market.ApproveSpend, "approvals", (*visit).postEndDelegation},
	{"GET", "/decide/{token}", access.Anybody, "", (*visit).getDecide},
	{"POST", "/decide/{token}", access.Anybody, "", (*visit).postDecide},
	{"GET", "/settings/approvals", market.Administer, "settings", (*visit).getApprovalRules},
	{"POST", "/settings/approvals", market.Administer, "settings", (*visit).postApprovalRules},

	{"GET", sweepsPath, market.SweepRevenue, "sweeps", (*visit).getSweeps},
	{"POST", sweepsPath, market.SweepRevenue, "sweeps", (*visit).postSweeps},
	{"GET", sweepsPath + "/{id}", market.SweepRevenue, "sweeps", (*visit).getSweep},
	{"POST", sweepsPath + "/{id}", market.SweepRevenue, "sweeps", (*visit).postSweep},

	{"POST", "/settings/cards/forget", market.PayBills, "settings", (*visit).postForgetCard},
	{"GET", "/settings", access.SignedIn, "settings", (*visit).getSettings},
	{"POST", "/settings", market.Administer, "settings", (*visit).postSettings},
	{"GET", logPath, market.SeeLog, "settings", (*visit).getLog},
	{"GET", logPath + ".csv", market.SeeLog, "settings", (*visit).getLogFile},
	{"GET", "/settings/score", market.Administer, "settings", (*visit).getConstants},
	{"POST", "/settings/score", market.Administer, "settings", (*visit).postConstants},
	{"GET", rulesPath, market.SeeRules, "settings", (*visit).getRules},
	{"POST", rulesPath, market.DraftRules, "settings", (*visit).postRules},
	{"POST", rulesPath + "/changes/{id}", market.SeeRules, "settings", (*visit).postRuleChange},
	{"GET", providerPath, market.Administer, "settings", (*visit).getProvider},
	{"POST", providerPath, market.Administer, "settings", (*visit).postProvider},
	{"POST", providerPath + "/test", market.Administer, "settings", (*visit).postTestProvider},
	{"POST", providerPath + "/switch", market.Administer, "settings", (*visit).postSwitchProvider},
	{"POST", providerPath + "/domains", market.Administer, "settings", (*visit).postDomain},
	{"POST", providerPath + "/domains/{id}", market.Administer, "settings", (*visit).postDomainStep},
	{"POST", providerPath + "/unlink", market.Administer, "settings", (*visit).postUnlink},
	{"GET", hooksPath, market.Administer, "settings", (*visit).getHooks},
	{"POST", hooksPath, market.Administer, "settings", (*visit).postHook},
	{"GET", hooksPath + "/{id}", market.Administer, "settings", (*visit).getHook},
	{"POST", hooksPath + "/{id}", market.Administer, "settings", (*visit).postEditHook},
	{"POST", hooksPath + "/{id}/do", market.Administer, "settings", (*visit).postHookStep},
	{"POST", hooksPath + "/deliveries/{id}", market.Administer, "settings", (*visit).postReplay},
	{"GET", rolesPath, market.Administer, "settings", (*visit).getRoles},
	{"POST", rolesPath, market.Administer, "settings", (*visit).postRole},
	{"GET", rolesPath + "/{id}", market.Administer, "settings", (*visit).getRole},
	{"POST", rolesPath + "/{id}", market.Administer, "settings", (*visit).postEditRole},
	{"POST", rolesPath + "/{id}/remove", market.Administer, "settings", (*visit).postRemoveRole},
	{"POST", "/settings/team", market.Administer, "settings", (*visit).postGrant},
	{"POST", "/settings/team/revoke", market.Administer, "settings", (*visit).postRevoke},
	{"POST", "/settings/partners", market.Administer, "settings", (*visit).postPartner},
	{"POST", "/settings/partners/{id}/agree", market.Administer, "settings", (*visit).postAgree},
	{"POST", "/settings/partners/{id}/end", market.Administer, "settings", (*visit).postEnd},
	{"POST", "/settings/tokens", access.SignedIn, "settings", (*visit).postToken},
	{"POST", "/settings/tokens/{id}/revoke", access.SignedIn, "settings", (*visit).postRevokeToken},
}

// limited are the ways in: so many tries per address.
var limited = map[string]bool{"POST " + companySignInPath: true, "GET " + market.ReturnPath: true, "POST /signin": true, "POST /signin/link": true, "POST /signin/code": true, "POST /verify": true, "POST " + reportByCodePath: true,
	"POST /security/authenticator/confirm": true, "POST /security/authenticator/remove": true,
	"POST /link/{token}": true, "GET /link/{token}": true, "POST /decide/{token}": true, "GET /decide/{token}": true, "POST /introductions/{token}": true, "GET /introductions/{token}": true,
	"POST /join/{id}": true, "GET /join/{id}": true, "POST /knock/{token}": true, "GET /knock/{token}": true,
	"POST /profile/address": true, "POST " + market.LeavePath: true, "POST /address/{token}": true, "GET /address/{token}": true}

// personal begins the addresses of what is somebody's own affair, closed to whom a company's provider vouched for.
var personal = []string{"/profile", "/memberships/", "/proposals/", "/password", "/security", "/payouts", "/search/saved",
	"/farewells/", "/attestations/", "/claims/new", "/events/calendar", hearingPath}

// isPersonal reports whether a page is somebody's own affair.
func isPersonal(path string) bool {
	return path == "/documents" || slices.ContainsFunc(personal, func(begin string) bool { return strings.HasPrefix(path, begin) })
}

// isQuiet reports whether nobody writes down who asked for a page.
func isQuiet(path string) bool {
	return slices.ContainsFunc(quietPages, func(begin string) bool { return strings.HasPrefix(path, begin) })
}

// Pages are all pages with what each needs, to be mounted by package api.
func Pages(cfg Config) access.Pages {
	s := &site{cfg}
	lines := table
	if cfg.Dev {
		lines = append(lines[:len(lines):len(lines)], devTable...)
	}
	var routes []access.Route
	for _, l := range lines {
		routes = append(routes, access.Route{Method: l.method, Path: l.path, Needs: l.needs, Own: isPersonal(l.path), Limited: limited[l.method+" "+l.path], Quiet: isQuiet(l.path), Long: l.path == importPath || l.path == talkPath, Handle: s.page(l.section, l.serve)})
	}
	routes = append(routes, access.Route{Method: http.MethodGet, Path: "/static/{file}", Needs: access.Anybody, Handle: gin.WrapH(static.Handler())})
	return access.Pages{Routes: routes, Problem: s.problem}
}

// problem shows an error as a page. Where even that fails, the bare sentence is sent.
func (s *site) problem(c *gin.Context, status int, p *problem.Error) {
	v, err := s.visit(c, "")
	if err != nil { // the page's own frame failed: show it without one
		v.company = market.Company{}
		v.ctx = ui.With(c.Request.Context(), ui.Frame{Language: v.lang, RequestID: access.RequestID(v.ctx), Now: s.Clock.Now()})
	}
	if err := v.problem(status, p); err != nil {
		c.String(status, "%s", p.In(v.lang))
	}
}

func escape(s string) string { return url.QueryEscape(s) }
