import type { Command } from "./command.ts";
import { createCampaign } from "./commands/create-campaign.ts";
import { estimateCampaign } from "./commands/estimate-campaign.ts";
import { cancelScheduledMessage } from "./commands/cancel-scheduled-message.ts";
import { scheduleCampaign } from "./commands/schedule-campaign.ts";
import { scheduleMessage } from "./commands/schedule-message.ts";
import { startCampaign } from "./commands/start-campaign.ts";
import { pauseCampaign } from "./commands/pause-campaign.ts";
import { resumeCampaign } from "./commands/resume-campaign.ts";
import { cancelCampaign } from "./commands/cancel-campaign.ts";
import { retryCampaign } from "./commands/retry-campaign.ts";
import { acceptInvitation } from "./commands/accept-invitation.ts";
import { approveDraft } from "./commands/approve-draft.ts";
import { assignConversation } from "./commands/assign-conversation.ts";
import { assignMember } from "./commands/assign-member.ts";
import { connectTwilio } from "./commands/connect-twilio.ts";
import { createApiKey } from "./commands/create-api-key.ts";
import { createBusiness } from "./commands/create-business.ts";
import { createContact } from "./commands/create-contact.ts";
import { createOrganization } from "./commands/create-organization.ts";
import { explainMessage } from "./commands/explain-message.ts";
import { getIntegrationStatus } from "./commands/get-integration-status.ts";
import { getCall } from "./commands/get-call.ts";
import { getConsent } from "./commands/get-consent.ts";
import { getTimeline } from "./commands/get-timeline.ts";
import { inviteMember } from "./commands/invite-member.ts";
import { listAlerts } from "./commands/list-alerts.ts";
import { listEncryptionKeys } from "./commands/list-encryption-keys.ts";
import { listSessions } from "./commands/list-sessions.ts";
import { listUnknownSends } from "./commands/list-unknown-sends.ts";
import { markRead } from "./commands/mark-read.ts";
import { mayISend } from "./commands/may-i-send.ts";
import { mergeContacts } from "./commands/merge-contacts.ts";
import { provisionTelephony } from "./commands/provision-telephony.ts";
import { recordConsent } from "./commands/record-consent.ts";
import { placeCall } from "./commands/place-call.ts";
import { previewAudience } from "./commands/preview-audience.ts";
import { rejectDraft } from "./commands/reject-draft.ts";
import { removeIntegration } from "./commands/remove-integration.ts";
import { removeMember } from "./commands/remove-member.ts";
import { reopenConversation } from "./commands/reopen-conversation.ts";
import { resolveAlert } from "./commands/resolve-alert.ts";
import { resolveConversation } from "./commands/resolve-conversation.ts";
import { revokeApiKey } from "./commands/revoke-api-key.ts";
import { revokeInvitation } from "./commands/revoke-invitation.ts";
import { revokeSession } from "./commands/revoke-session.ts";
import { rotateEncryptionKey } from "./commands/rotate-encryption-key.ts";
import { rotateWebhookSecret } from "./commands/rotate-webhook-secret.ts";
import { saveUltravoxIntegration } from "./commands/save-ultravox-integration.ts";
import { searchMessages } from "./commands/search-messages.ts";
import { sendMessage } from "./commands/send-message.ts";
import { setAi } from "./commands/set-ai.ts";
import { setPlan } from "./commands/set-plan.ts";
import { settleSend } from "./commands/settle-send.ts";
import { storeTelnyxCredentials } from "./commands/store-telnyx-credentials.ts";
import { createTemplate } from "./commands/create-template.ts";
import { deleteTemplate } from "./commands/delete-template.ts";
import { editTemplate } from "./commands/edit-template.ts";
import { syncTemplates } from "./commands/sync-templates.ts";
import { updateMember } from "./commands/update-member.ts";
import { updateProfile } from "./commands/update-profile.ts";

const all: Command[] = [
  sendMessage,
  scheduleMessage,
  cancelScheduledMessage,
  approveDraft,
  rejectDraft,
  assignConversation,
  resolveConversation,
  reopenConversation,
  setAi,
  markRead,
  mayISend,
  explainMessage,
  listUnknownSends,
  settleSend,
  searchMessages,
  getTimeline,
  createContact,
  mergeContacts,
  recordConsent,
  getConsent,
  placeCall,
  getCall,
  createCampaign,
  estimateCampaign,
  previewAudience,
  scheduleCampaign,
  startCampaign,
  pauseCampaign,
  resumeCampaign,
  cancelCampaign,
  retryCampaign,
  syncTemplates,
  createTemplate,
  editTemplate,
  deleteTemplate,
  listAlerts,
  resolveAlert,
  createOrganization,
  createBusiness,
  inviteMember,
  revokeInvitation,
  acceptInvitation,
  updateMember,
  removeMember,
  assignMember,
  updateProfile,
  createApiKey,
  revokeApiKey,
  listSessions,
  revokeSession,
  setPlan,
  rotateEncryptionKey,
  listEncryptionKeys,
  saveUltravoxIntegration,
  storeTelnyxCredentials,
  connectTwilio,
  provisionTelephony,
  rotateWebhookSecret,
  getIntegrationStatus,
  removeIntegration,
];

/** Every command, by name. */
export const commands: ReadonlyMap<string, Command> = new Map(all.map((one) => [one.name, one]));
