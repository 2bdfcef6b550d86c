const TAGS: Record<string, string[]> = {
  "Writing to customers": [
    "send-message",
    "schedule-message",
    "cancel-scheduled-message",
    "may-i-send",
    "explain-message",
    "list-unknown-sends",
    "settle-send",
  ],
  "Drafts of the AI": ["approve-draft", "reject-draft"],
  Conversations: [
    "assign-conversation",
    "resolve-conversation",
    "reopen-conversation",
    "mark-read",
    "set-ai",
    "search-messages",
  ],
  Contacts: ["create-contact", "import-contacts", "merge-contacts", "get-timeline", "record-consent", "get-consent"],
  Calls: ["place-call", "get-call"],
  Campaigns: [
    "create-campaign",
    "preview-audience",
    "estimate-campaign",
    "schedule-campaign",
    "start-campaign",
    "pause-campaign",
    "resume-campaign",
    "cancel-campaign",
    "retry-campaign",
  ],
  Templates: ["sync-templates", "create-template", "edit-template", "delete-template"],
  Alerts: ["list-alerts", "resolve-alert"],
  Organizations: ["create-organization", "create-business", "set-plan"],
  People: [
    "invite-member",
    "revoke-invitation",
    "accept-invitation",
    "update-member",
    "remove-member",
    "assign-member",
    "update-profile",
  ],
  "Keys and sessions": ["create-api-key", "revoke-api-key", "list-sessions", "revoke-session"],
  "Encryption keys": ["rotate-encryption-key", "list-encryption-keys"],
  "Providers' accounts": [
    "save-ultravox-integration",
    "store-telnyx-credentials",
    "connect-twilio",
    "provision-telephony",
    "rotate-webhook-secret",
    "get-integration-status",
    "remove-integration",
  ],
};

const byName = new Map(Object.entries(TAGS).flatMap(([tag, names]) => names.map((name) => [name, tag])));

/** Under which heading a command stands in the documentation. */
export const tagOf = (name: string): string => byName.get(name) ?? "Other";
