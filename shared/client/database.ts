// Written by `npm run types` from the migrated schema and the registry of commands.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

/** For `createClient<Database>(url, key)`. */
export interface Database {
  public: {
    Tables: {
      ai_errors: {
        Row: {
          business_id: string;
          code: string;
          conversation_id: string | null;
          created_at: string;
          id: string;
          message: string;
          org_id: string;
          retryable: boolean;
          turn_id: string | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "ai_errors_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ai_errors_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      ai_responses: {
        Row: {
          agent_type: "ORDER_PROCESSING" | "CUSTOMER_SUPPORT" | "MESSAGE_ANALYSIS";
          business_id: string;
          confidence: number | null;
          content: string;
          conversation_id: string;
          created_at: string;
          human_feedback: string | null;
          human_feedback_reason: string | null;
          id: string;
          message_id: string | null;
          model: string | null;
          org_id: string;
          tokens_used: number | null;
          turn_id: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "ai_responses_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ai_responses_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      ai_turns: {
        Row: {
          business_id: string;
          confidence: number | null;
          conversation_id: string;
          cost_micro_usd: number;
          cursor: number;
          decision: "send" | "draft" | "none" | "handoff" | null;
          ended_at: string | null;
          epoch: number;
          id: string;
          latency_ms: number | null;
          lease_until: string;
          message_id: string | null;
          org_id: string;
          output_tokens: number | null;
          prompt_tokens: number | null;
          prompt_version: string | null;
          reason: string | null;
          requested_model: string | null;
          reserved_cost_micro_usd: number;
          reserved_period: string | null;
          served_model: string | null;
          started_at: string;
          state: "generating" | "committed" | "superseded" | "failed" | "abandoned" | "cancelled";
          thinking_tokens: number | null;
          threshold: number | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "ai_turns_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ai_turns_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      ai_usage_metrics: {
        Row: {
          avg_confidence: number | null;
          confidence_count: number;
          confidence_sum: number;
          cost_cents: number;
          date: string;
          hour: number;
          org_id: string;
          requests_count: number;
          tokens_used: number;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "ai_usage_metrics_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      alerts: {
        Row: {
          business_id: string | null;
          cause: string;
          count: number;
          details: Json;
          ended_at: string | null;
          first_seen: string;
          id: string;
          kind: "overdue_turns" | "stuck_sends" | "dead_token" | "number_stopped" | "silent_number" | "quarantine" | "unclaimed_handoff" | "model_retiring" | "campaign_stopped" | "campaign_stalled" | "campaign_overdue";
          last_seen: string;
          org_id: string | null;
          resolved_at: string | null;
          resolved_by: string | null;
          subject: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "alerts_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
          {
            foreignKeyName: "alerts_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "alerts_org_id_resolved_by_fkey";
            columns: ["org_id", "resolved_by"];
            isOneToOne: false;
            referencedRelation: "team_members";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      api_keys: {
        Row: {
          business_id: string | null;
          created_at: string;
          id: string;
          key_prefix: string;
          label: string;
          last_used_at: string | null;
          org_id: string;
          revoked_at: string | null;
          scopes: string[];
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "api_keys_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
          {
            foreignKeyName: "api_keys_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      app_config: {
        Row: {
          created_at: string | null;
          description: string | null;
          key: string;
          readable: boolean;
          updated_at: string | null;
          value: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [];
      };
      businesses: {
        Row: {
          ai_enabled: boolean;
          ai_model: string;
          ai_system_prompt: string | null;
          ai_temperature: number;
          created_at: string;
          id: string;
          is_active: boolean;
          name: string;
          org_id: string;
          settings: Json | null;
          slug: string;
          updated_at: string;
        };
        Insert: {

        };
        Update: {
          ai_enabled?: boolean;
          ai_model?: string;
          ai_system_prompt?: string | null;
          ai_temperature?: number;
          name?: string;
          settings?: Json | null;
        };
        Relationships: [
          {
            foreignKeyName: "businesses_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      call_events: {
        Row: {
          at: string;
          business_id: string;
          call_id: string;
          detail: Json;
          id: string;
          kind: string;
          leg: "customer" | "person" | "agent";
          org_id: string;
          provider: string;
          provider_event_id: string;
          raw: Json | null;
          received_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "call_events_org_id_business_id_call_id_fkey";
            columns: ["org_id", "business_id", "call_id"];
            isOneToOne: false;
            referencedRelation: "calls";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      calls: {
        Row: {
          acting_until: string | null;
          agent_call_id: string | null;
          answered_at: string | null;
          billed_seconds: number | null;
          business_id: string;
          carrier: "telnyx" | "twilio";
          carrier_leg_id: string | null;
          carrier_session_id: string | null;
          channel_id: string;
          contact_id: string | null;
          conversation_id: string | null;
          cost_micro_usd: number | null;
          created_at: string;
          created_by: string | null;
          direction: "inbound" | "outbound";
          end_cause: string | null;
          ended_at: string | null;
          expires_at: string | null;
          from_number: string | null;
          gate: Json | null;
          handed_over_at: string | null;
          id: string;
          idempotency_key: string | null;
          joined_at: string | null;
          max_seconds: number;
          org_id: string;
          purpose: string | null;
          reason: string | null;
          recorded: boolean;
          ringing_at: string | null;
          slot_until: string | null;
          state: "queued" | "dialing" | "ringing" | "answered" | "talking" | "completed" | "missed" | "refused" | "failed" | "expired" | "unknown_end";
          summary: string | null;
          to_number: string | null;
          topic: "marketing" | "utility";
          transcript_at: string | null;
          updated_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "calls_org_id_business_id_channel_id_contact_id_conversatio_fkey";
            columns: ["org_id", "business_id", "channel_id", "contact_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["org_id", "business_id", "channel_id", "contact_id", "id"];
          },
          {
            foreignKeyName: "calls_org_id_business_id_channel_id_fkey";
            columns: ["org_id", "business_id", "channel_id"];
            isOneToOne: false;
            referencedRelation: "channels";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      campaign_recipients: {
        Row: {
          arm: string | null;
          business_id: string;
          campaign_id: string;
          contact_id: string;
          created_at: string;
          due_at: string;
          id: string;
          lease_token: string | null;
          lease_until: string | null;
          message_id: string | null;
          org_id: string;
          reason: string | null;
          state: "pending" | "leased" | "sending" | "accepted" | "held" | "sent" | "delivered" | "read" | "unknown" | "failed" | "skipped" | "cancelled" | "expired";
          tries: number;
          updated_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "campaign_recipients_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "campaign_recipients_org_id_business_id_campaign_id_fkey";
            columns: ["org_id", "business_id", "campaign_id"];
            isOneToOne: false;
            referencedRelation: "campaigns";
            referencedColumns: ["org_id", "business_id", "id"];
          },
          {
            foreignKeyName: "campaign_recipients_org_id_business_id_contact_id_fkey";
            columns: ["org_id", "business_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      campaigns: {
        Row: {
          arms: Json;
          audience: Json;
          business_id: string;
          cancelled_count: number;
          category: "MARKETING" | "UTILITY" | "AUTHENTICATION";
          channel_id: string | null;
          content: Json;
          created_at: string;
          created_by: string | null;
          delivered_count: number;
          ended_at: string | null;
          expected_end_at: string | null;
          expired_count: number;
          expires_at: string | null;
          failed_count: number;
          failure_streak: number;
          held_count: number;
          id: string;
          launched_at: string | null;
          max_per_second: number | null;
          moved_at: string | null;
          name: string;
          org_id: string;
          paused_by_system: boolean;
          paused_reason: string | null;
          pending_count: number;
          rate_per_second: number;
          read_count: number;
          retry_of: string | null;
          scheduled_at: string | null;
          sending_count: number;
          sent_count: number;
          skipped_count: number;
          status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED";
          template_id: string | null;
          total_contacts: number;
          unknown_count: number;
          updated_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "campaigns_org_id_business_id_channel_id_fkey";
            columns: ["org_id", "business_id", "channel_id"];
            isOneToOne: false;
            referencedRelation: "channels";
            referencedColumns: ["org_id", "business_id", "id"];
          },
          {
            foreignKeyName: "campaigns_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
          {
            foreignKeyName: "campaigns_org_id_business_id_retry_of_fkey";
            columns: ["org_id", "business_id", "retry_of"];
            isOneToOne: false;
            referencedRelation: "campaigns";
            referencedColumns: ["org_id", "business_id", "id"];
          },
          {
            foreignKeyName: "campaigns_org_id_business_id_template_id_fkey";
            columns: ["org_id", "business_id", "template_id"];
            isOneToOne: false;
            referencedRelation: "templates";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      channels: {
        Row: {
          active: boolean;
          ai_auto_send: boolean;
          ai_confidence_threshold: number;
          ai_delay_seconds: number;
          ai_max_wait_seconds: number;
          ai_prompt_override: string | null;
          auth_state: "ok" | "auth_error" | "stopped";
          auth_state_changed_at: string | null;
          auth_state_reason: string | null;
          business_id: string;
          call_greeting: string | null;
          call_max_seconds: number;
          call_recording: boolean;
          call_voice: string | null;
          calls_forward_to: string | null;
          calls_hours: Json | null;
          capabilities: Json | null;
          channel_type: "business" | "personal";
          created_at: string;
          daily_user_limit: number | null;
          id: string;
          label: string;
          matrix_user_id: string | null;
          messages_per_second: number;
          org_id: string;
          phone_number: string | null;
          phone_number_id: string | null;
          platform: "whatsapp" | "sms" | "voice";
          portfolio_id: string | null;
          provider: "meta" | "twilio" | "telnyx" | "matrix";
          strict_order_seconds: number;
          throttle_streak: number;
          throttled_until: string | null;
          twilio_sid: string | null;
          updated_at: string;
          waba_id: string | null;
        };
        Insert: {

        };
        Update: {
          active?: boolean;
          ai_auto_send?: boolean;
          ai_confidence_threshold?: number;
          ai_delay_seconds?: number;
          ai_max_wait_seconds?: number;
          ai_prompt_override?: string | null;
          call_greeting?: string | null;
          call_max_seconds?: number;
          call_recording?: boolean;
          call_voice?: string | null;
          calls_forward_to?: string | null;
          calls_hours?: Json | null;
          label?: string;
          strict_order_seconds?: number;
        };
        Relationships: [
          {
            foreignKeyName: "channels_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      consent_records: {
        Row: {
          at: string;
          business_id: string;
          contact_id: string;
          created_at: string;
          evidence: string | null;
          id: string;
          message_id: string | null;
          org_id: string;
          platform: "whatsapp" | "sms" | "voice" | "all";
          recorded_by: string | null;
          source: "keyword" | "provider" | "person" | "api" | "form" | "import" | "merge";
          state: "granted" | "withdrawn" | "restored" | "unknown";
          topic: "marketing" | "utility" | "all";
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "consent_records_org_id_business_id_contact_id_fkey";
            columns: ["org_id", "business_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      contact_identities: {
        Row: {
          business_id: string;
          contact_id: string;
          created_at: string;
          ended_at: string | null;
          ended_reason: string | null;
          id: string;
          kind: "wa_id" | "bsuid" | "parent_bsuid";
          org_id: string;
          scope: string;
          value: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "contact_identities_org_id_business_id_contact_id_fkey";
            columns: ["org_id", "business_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      contact_merges: {
        Row: {
          business_id: string;
          contact_id: string;
          created_at: string;
          id: string;
          merged_by: string | null;
          merged_contact: Json;
          merged_contact_id: string;
          org_id: string;
          reason: string | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "contact_merges_org_id_business_id_contact_id_fkey";
            columns: ["org_id", "business_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      contacts: {
        Row: {
          avatar_url: string | null;
          business_id: string;
          conversation_status: "Open" | "Pending" | "Done";
          created_at: string;
          email: string | null;
          id: string;
          name: string | null;
          notes: string | null;
          opted_in: boolean | null;
          org_id: string;
          phone: string | null;
          phone_number: string | null;
          platform: string;
          platform_id: string;
          tags: string[];
          timezone: string | null;
          unread_count: number;
          updated_at: string;
          wa_id: string | null;
          workspace_id: string | null;
        };
        Insert: {

        };
        Update: {
          avatar_url?: string | null;
          conversation_status?: "Open" | "Pending" | "Done";
          email?: string | null;
          name?: string | null;
          notes?: string | null;
          tags?: string[];
          timezone?: string | null;
          unread_count?: number;
        };
        Relationships: [
          {
            foreignKeyName: "contacts_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      conversations: {
        Row: {
          ai_blocked_reason: string | null;
          ai_context_summary: string | null;
          ai_context_summary_seq: number | null;
          ai_due_at: string | null;
          ai_enabled: boolean;
          ai_waiting_since: string | null;
          answered_version: number;
          assigned_to: string | null;
          business_id: string;
          channel_id: string;
          contact_id: string;
          created_at: string;
          epoch: number;
          escalated_at: string | null;
          external_id: string | null;
          id: string;
          inbound_version: number;
          last_message_at: string;
          message_seq: number;
          needs_human_reason: string | null;
          needs_human_since: string | null;
          org_id: string;
          status: "ai_handling" | "assigned" | "resolved";
          unread_count: number;
          updated_at: string;
          window_expires_at: string | null;
        };
        Insert: {

        };
        Update: {
          ai_enabled?: boolean;
          assigned_to?: string | null;
          status?: "ai_handling" | "assigned" | "resolved";
        };
        Relationships: [
          {
            foreignKeyName: "conversations_org_id_assigned_to_fkey";
            columns: ["org_id", "assigned_to"];
            isOneToOne: false;
            referencedRelation: "team_members";
            referencedColumns: ["org_id", "id"];
          },
          {
            foreignKeyName: "conversations_org_id_business_id_channel_id_fkey";
            columns: ["org_id", "business_id", "channel_id"];
            isOneToOne: false;
            referencedRelation: "channels";
            referencedColumns: ["org_id", "business_id", "id"];
          },
          {
            foreignKeyName: "conversations_org_id_business_id_contact_id_fkey";
            columns: ["org_id", "business_id", "contact_id"];
            isOneToOne: false;
            referencedRelation: "contacts";
            referencedColumns: ["org_id", "business_id", "id"];
          },
        ];
      };
      data_access_audit: {
        Row: {
          api_key_id: string | null;
          business_id: string | null;
          command: string;
          contains_pii: boolean;
          created_at: string;
          id: string;
          operation: "SELECT" | "INSERT" | "UPDATE" | "DELETE";
          org_id: string | null;
          record_id: string | null;
          table_name: string | null;
          user_id: string | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [];
      };
      media_files: {
        Row: {
          attempts: number;
          business_id: string;
          created_at: string;
          filename: string | null;
          id: string;
          message_id: string | null;
          mime_type: string | null;
          next_attempt_at: string | null;
          org_id: string;
          provider_media_id: string | null;
          reason: string | null;
          sha256: string | null;
          size_bytes: number | null;
          state: "pending" | "stored" | "failed";
          storage_url: string | null;
          updated_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "media_files_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "media_files_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      messages: {
        Row: {
          ai_extracted_intent: string | null;
          ai_processed: boolean;
          ai_suggested_responses: Json | null;
          ai_turn_id: string | null;
          approved_at: string | null;
          approved_by: string | null;
          business_id: string;
          campaign_id: string | null;
          channel_id: string;
          confidence: number | null;
          contact_id: string;
          content: string;
          conversation_id: string;
          created_at: string;
          created_by: string | null;
          delivered_at: string | null;
          delivery_status: "queued" | "sending" | "unknown" | "held" | "sent" | "failed" | "delivered" | "read" | "expired" | null;
          direction: "inbound" | "outbound";
          draft_version: number;
          edited_at: string | null;
          embedding: string | null;
          embedding_model: string | null;
          error: Json | null;
          failed_at: string | null;
          id: string;
          idempotency_key: string | null;
          inbound_version: number | null;
          indexed_at: string | null;
          is_draft: boolean;
          is_from_customer: boolean | null;
          media_type: string | null;
          media_url: string | null;
          message_type: string | null;
          org_id: string;
          origin: "live" | "api" | "ai" | "phone" | "history";
          payload: Json | null;
          played_at: string | null;
          pricing: Json | null;
          provider_ts: string | null;
          read: boolean;
          read_at: string | null;
          received_at: string | null;
          reply_to: string | null;
          request_hash: string | null;
          revoked_at: string | null;
          sender_id: string | null;
          sender_type: "contact" | "ai" | "agent";
          sent_at: string | null;
          sentiment: number | null;
          sentiment_model: string | null;
          seq: number | null;
          status: "pending" | "sent" | "delivered" | "failed" | null;
          twilio_sid: string | null;
          type: string;
          updated_at: string;
          wa_message_id: string | null;
          workspace_id: string | null;
        };
        Insert: {
          business_id: string;
          content: string;
          conversation_id: string;
          direction: "inbound" | "outbound";
          id?: string;
          media_type?: string | null;
          media_url?: string | null;
          org_id: string;
          sender_type: "contact" | "ai" | "agent";
        };
        Update: {
          read?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "messages_org_id_business_id_channel_id_contact_id_conversa_fkey";
            columns: ["org_id", "business_id", "channel_id", "contact_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["org_id", "business_id", "channel_id", "contact_id", "id"];
          },
          {
            foreignKeyName: "messages_org_id_sender_id_fkey";
            columns: ["org_id", "sender_id"];
            isOneToOne: false;
            referencedRelation: "team_members";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      organizations: {
        Row: {
          agents_see_assigned_only: boolean;
          ai_confidence_threshold: number | null;
          branding: Json | null;
          calls_at_once: number;
          created_at: string;
          id: string;
          messages_used_this_month: number;
          monthly_ai_budget_usd: number | null;
          monthly_call_seconds: number | null;
          monthly_message_limit: number;
          name: string;
          plan: "free" | "growth" | "pro" | "enterprise";
          settings: Json | null;
          slug: string;
          stripe_customer_id: string | null;
          telephony_configured: boolean;
          telnyx_api_key_added_at: string | null;
          telnyx_api_key_validated_at: string | null;
          telnyx_application_id: string | null;
          telnyx_outbound_profile_id: string | null;
          ultravox_api_key_added_at: string | null;
          ultravox_api_key_validated_at: string | null;
          updated_at: string;
        };
        Insert: {

        };
        Update: {
          agents_see_assigned_only?: boolean;
          ai_confidence_threshold?: number | null;
          branding?: Json | null;
          calls_at_once?: number;
          monthly_ai_budget_usd?: number | null;
          monthly_call_seconds?: number | null;
          name?: string;
          settings?: Json | null;
        };
        Relationships: [];
      };
      scheduled_messages: {
        Row: {
          business_id: string;
          content: string;
          conversation_id: string;
          created_at: string;
          created_by: string | null;
          due_at: string;
          fallback: Json | null;
          fallback_of: string | null;
          id: string;
          idempotency_key: string | null;
          inbound_version: number;
          message_id: string | null;
          on_reply: "hold" | "cancel" | "send";
          org_id: string;
          payload: Json;
          reason: string | null;
          sender_id: string | null;
          state: "scheduled" | "held" | "sent" | "failed" | "cancelled";
          type: string;
          updated_at: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "scheduled_messages_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "scheduled_messages_fallback_of_fkey";
            columns: ["fallback_of"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "scheduled_messages_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "scheduled_messages_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      send_attempts: {
        Row: {
          business_id: string;
          conversation_id: string;
          created_at: string;
          due_at: string;
          ended_at: string | null;
          error_class: "retry" | "retry_pair" | "never" | "stop_channel" | "auth" | null;
          error_code: string | null;
          error_detail: string | null;
          error_title: string | null;
          gate: Json | null;
          id: string;
          lease_token: string | null;
          lease_until: string | null;
          message_id: string;
          number: number;
          org_id: string;
          pair_free_at: string | null;
          position: number;
          provider_message_id: string | null;
          started_at: string | null;
          state: "queued" | "sending" | "accepted" | "failed" | "refused" | "unknown" | "cancelled";
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "send_attempts_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "send_attempts_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "send_attempts_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      team_assignments: {
        Row: {
          business_id: string;
          created_at: string;
          id: string;
          org_id: string;
          role: "admin" | "agent" | "client_admin" | "client_viewer";
          team_member_id: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "team_assignments_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
          {
            foreignKeyName: "team_assignments_org_id_team_member_id_fkey";
            columns: ["org_id", "team_member_id"];
            isOneToOne: false;
            referencedRelation: "team_members";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      team_members: {
        Row: {
          active: boolean;
          avatar_url: string | null;
          created_at: string;
          deleted_at: string | null;
          email: string;
          id: string;
          last_login_at: string | null;
          name: string;
          onboarding_completed: boolean;
          org_id: string;
          org_role: "owner" | "admin" | "agent" | null;
          permissions: Json;
          settings: Json | null;
          updated_at: string;
          user_id: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "team_members_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      templates: {
        Row: {
          announced_category: "MARKETING" | "UTILITY" | "AUTHENTICATION" | null;
          business_id: string;
          category: "MARKETING" | "UTILITY" | "AUTHENTICATION";
          category_at: string | null;
          category_changes_at: string | null;
          components: Json;
          created_at: string;
          id: string;
          language: string;
          name: string;
          org_id: string;
          parameter_format: "POSITIONAL" | "NAMED";
          provider_template_id: string | null;
          quality: "GREEN" | "YELLOW" | "RED" | "UNKNOWN" | null;
          quality_at: string | null;
          seen_at: string | null;
          status: string;
          status_at: string | null;
          status_reason: string | null;
          updated_at: string;
          waba_id: string;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "templates_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: false;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      twilio_accounts: {
        Row: {
          account_sid: string;
          business_id: string;
          created_at: string;
          id: string;
          is_configured: boolean;
          org_id: string;
          updated_at: string;
          webhook_type: "global" | "per-number";
          webhook_url: string | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "twilio_accounts_org_id_business_id_fkey";
            columns: ["org_id", "business_id"];
            isOneToOne: true;
            referencedRelation: "businesses";
            referencedColumns: ["org_id", "id"];
          },
        ];
      };
      usage_periods: {
        Row: {
          cost_micro_usd: number;
          org_id: string;
          period: string;
          reserved: number;
          reserved_cost_micro_usd: number;
          used: number;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "usage_periods_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      user_invitations: {
        Row: {
          accepted_at: string | null;
          accepted_by: string | null;
          assignments: Json;
          created_at: string;
          email: string;
          expires_at: string;
          id: string;
          invited_by: string | null;
          org_id: string;
          revoked_at: string | null;
          role: "admin" | "agent" | null;
        };
        Insert: {

        };
        Update: {

        };
        Relationships: [
          {
            foreignKeyName: "user_invitations_org_id_fkey";
            columns: ["org_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      agencies: {
        Row: {
          branding: Json | null;
          created_at: string | null;
          id: string | null;
          name: string | null;
          settings: Json | null;
          slug: string | null;
          telephony_configured: boolean | null;
          telnyx_account_sid_encrypted: string | null;
          telnyx_api_key_added_at: string | null;
          telnyx_api_key_encrypted: string | null;
          telnyx_api_key_validated_at: string | null;
          telnyx_application_id: string | null;
          telnyx_outbound_profile_id: string | null;
          telnyx_public_key_encrypted: string | null;
          ultravox_api_key_added_at: string | null;
          ultravox_api_key_encrypted: string | null;
          ultravox_api_key_validated_at: string | null;
          updated_at: string | null;
          webhook_secret: string | null;
        };
        Relationships: [];
      };
      campaign_messages: {
        Row: {
          campaign_id: string | null;
          contact_id: string | null;
          created_at: string | null;
          id: string | null;
          message_id: string | null;
          status: string | null;
          updated_at: string | null;
        };
        Relationships: [];
      };
      clients: {
        Row: {
          agency_id: string | null;
          created_at: string | null;
          id: string | null;
          is_active: boolean | null;
          name: string | null;
          settings: Json | null;
          updated_at: string | null;
        };
        Relationships: [];
      };
      phone_numbers: {
        Row: {
          access_token: string | null;
          active: boolean | null;
          created_at: string | null;
          display_name: string | null;
          id: string | null;
          phone_number: string | null;
          phone_number_id: string | null;
          updated_at: string | null;
          waba_id: string | null;
          workspace_id: string | null;
        };
        Relationships: [];
      };
      support_windows: {
        Row: {
          contact_id: string | null;
          id: string | null;
          last_message_at: string | null;
          phone_number_id: string | null;
          status: string | null;
          window_expires_at: string | null;
          workspace_id: string | null;
        };
        Relationships: [];
      };
      twilio_numbers: {
        Row: {
          capabilities: Json | null;
          created_at: string | null;
          friendly_name: string | null;
          id: string | null;
          phone_number: string | null;
          twilio_sid: string | null;
          updated_at: string | null;
          workspace_id: string | null;
        };
        Relationships: [];
      };
      users: {
        Row: {
          agency_id: string | null;
          avatar_url: string | null;
          client_id: string | null;
          created_at: string | null;
          email: string | null;
          full_name: string | null;
          id: string | null;
          is_active: boolean | null;
          last_login_at: string | null;
          name: string | null;
          role: string | null;
          settings: Json | null;
          updated_at: string | null;
        };
        Relationships: [];
      };
      workspace_members: {
        Row: {
          created_at: string | null;
          role: string | null;
          team_member_id: string | null;
          user_id: string | null;
          workspace_id: string | null;
        };
        Relationships: [];
      };
      workspace_twilio_config: {
        Row: {
          account_sid: string | null;
          auth_token: string | null;
          created_at: string | null;
          id: string | null;
          is_configured: boolean | null;
          updated_at: string | null;
          webhook_type: string | null;
          webhook_url: string | null;
          workspace_id: string | null;
        };
        Relationships: [];
      };
      workspaces: {
        Row: {
          api_key: string | null;
          created_at: string | null;
          id: string | null;
          name: string | null;
          settings: Json | null;
          slug: string | null;
          updated_at: string | null;
          webhook_secret: string | null;
        };
        Relationships: [];
      };
    };
    Functions: { [_ in never]: never };
    Enums: { user_role: "agency_owner" | "agency_member" | "client_admin" | "client_viewer" };
    CompositeTypes: { [_ in never]: never };
  };
}

/** What each command takes and answers: `invoke(name, { body })`. */
export interface Commands {
  "send-message": { input: { conversation_id: string; content?: string; media?: { type: "image" | "document" | "audio" | "video" | "sticker"; id?: string; link?: string; path?: string; filename?: string }; template?: { name: string; language: string; components?: Array<unknown> }; interactive?: Record<string, unknown>; reaction?: { message_id: string; emoji: string }; reply_to?: string; idempotency_key?: string }; output: { message_id: string; conversation_id: string; delivery_status: string } };
  "schedule-message": { input: { conversation_id: string; due_at?: string; after_seconds?: number; content?: string; template?: { name: string; language: string; components?: Array<unknown> }; interactive?: Record<string, unknown>; fallback_template?: { name: string; language: string; components?: Array<unknown> }; on_reply?: "hold" | "cancel" | "send"; idempotency_key?: string }; output: { scheduled_message_id: string; conversation_id: string; due_at: string; content: string; on_reply: "hold" | "cancel" | "send"; state: "scheduled" | "held" | "sent" | "failed" | "cancelled"; reason: string | null; message_id: string | null } };
  "cancel-scheduled-message": { input: { scheduled_message_id: string }; output: { scheduled_message_id: string; conversation_id: string; due_at: string; content: string; on_reply: "hold" | "cancel" | "send"; state: "scheduled" | "held" | "sent" | "failed" | "cancelled"; reason: string | null; message_id: string | null } };
  "approve-draft": { input: { message_id: string; version: number; content?: string }; output: { message_id: string; conversation_id: string; delivery_status: string } };
  "reject-draft": { input: { message_id: string; version: number; reason?: string }; output: { message_id: string; conversation_id: string; rejected: true } };
  "assign-conversation": { input: { conversation_id: string; team_member_id: string | null; expected_epoch?: number }; output: { conversation_id: string; status: "ai_handling" | "assigned" | "resolved"; assigned_to: string | null; assigned_to_name: string | null; ai_enabled: boolean; ai_blocked_reason: string | null; epoch: number; unread_count: number; needs_human_reason: string | null; window_expires_at: string | null } };
  "resolve-conversation": { input: { conversation_id: string }; output: { conversation_id: string; status: "ai_handling" | "assigned" | "resolved"; assigned_to: string | null; assigned_to_name: string | null; ai_enabled: boolean; ai_blocked_reason: string | null; epoch: number; unread_count: number; needs_human_reason: string | null; window_expires_at: string | null } };
  "reopen-conversation": { input: { conversation_id: string }; output: { conversation_id: string; status: "ai_handling" | "assigned" | "resolved"; assigned_to: string | null; assigned_to_name: string | null; ai_enabled: boolean; ai_blocked_reason: string | null; epoch: number; unread_count: number; needs_human_reason: string | null; window_expires_at: string | null } };
  "set-ai": { input: { conversation_id: string; enabled: boolean } | { business_id: string; enabled: boolean }; output: { conversation_id: string; status: "ai_handling" | "assigned" | "resolved"; assigned_to: string | null; assigned_to_name: string | null; ai_enabled: boolean; ai_blocked_reason: string | null; epoch: number; unread_count: number; needs_human_reason: string | null; window_expires_at: string | null } | { business_id: string; ai_enabled: boolean } };
  "mark-read": { input: { conversation_id: string }; output: { conversation_id: string; status: "ai_handling" | "assigned" | "resolved"; assigned_to: string | null; assigned_to_name: string | null; ai_enabled: boolean; ai_blocked_reason: string | null; epoch: number; unread_count: number; needs_human_reason: string | null; window_expires_at: string | null } };
  "may-i-send": { input: { conversation_id: string; type?: "text" | "image" | "document" | "audio" | "video" | "sticker" | "interactive" | "reaction" | "template" }; output: { allowed: boolean; rule: string | null; reason: string | null; allowed_at: string | null; trace: Array<{ rule: string; input: Record<string, unknown>; passed: boolean }> } };
  "explain-message": { input: { message_id: string }; output: { explanation: Array<string>; message: { message_id: string; conversation_id: string; delivery_status: string | null }; attempts: Array<{ attempt_id: string; number: number; state: string; gate: { allowed: boolean; rule: string | null; reason: string | null; allowed_at: string | null; trace: Array<{ rule: string; input: Record<string, unknown>; passed: boolean }> } | null }>; turn: { turn_id: string; state: string } | null; now: { allowed: boolean; rule: string | null; reason: string | null; allowed_at: string | null; trace: Array<{ rule: string; input: Record<string, unknown>; passed: boolean }> } | null } };
  "list-unknown-sends": { input: { business_id?: string; limit?: number; after?: string }; output: { sends: Array<{ attempt_id: string; number: number; message_id: string; type: string; content: string; conversation_id: string; business_id: string; contact_name: string | null; started_at: string; why: string }>; next: string | null } };
  "settle-send": { input: { attempt_id: string; outcome: "sent" | "not_sent" | "send_again"; wa_message_id?: string }; output: { message_id: string; conversation_id: string; delivery_status: string } };
  "search-messages": { input: { query: string; by?: "text" | "meaning"; business_id?: string; contact_id?: string; conversation_id?: string; limit?: number }; output: { messages: Array<{ message_id: string; conversation_id: string; contact_id: string; contact_name: string | null; business_id: string; direction: "inbound" | "outbound"; sender_type: "contact" | "ai" | "agent"; content: string; sentiment: number | null; created_at: string; score: number | null }> } };
  "get-timeline": { input: { contact_id: string; limit?: number; after?: string }; output: { contact_id: string; messages: Array<{ message_id: string; conversation_id: string; platform: "whatsapp" | "sms" | "voice"; channel_label: string; direction: "inbound" | "outbound"; sender_type: "contact" | "ai" | "agent"; type: string; content: string; delivery_status: string | null; sentiment: number | null; created_at: string }>; next: string | null } };
  "create-contact": { input: { business_id: string; phone: string; country?: string; platform?: "whatsapp" | "sms" | "voice"; name?: string; email?: string; tags?: Array<string>; notes?: string }; output: { contact_id: string; business_id: string; name: string | null; phone: string | null; email: string | null; tags: Array<string>; opted_in: boolean | null; unread_count: number; conversation_status: "Open" | "Pending" | "Done"; identities: Array<{ kind: "wa_id" | "bsuid" | "parent_bsuid"; value: string; ended_at: string | null }>; conversation_ids: Array<string>; created: boolean } };
  "merge-contacts": { input: { contact_id: string; merged_contact_id: string; reason?: string }; output: { contact_id: string; business_id: string; name: string | null; phone: string | null; email: string | null; tags: Array<string>; opted_in: boolean | null; unread_count: number; conversation_status: "Open" | "Pending" | "Done"; identities: Array<{ kind: "wa_id" | "bsuid" | "parent_bsuid"; value: string; ended_at: string | null }>; conversation_ids: Array<string> } };
  "record-consent": { input: { contact_id: string; platform?: "whatsapp" | "sms" | "voice" | "all"; topic: "marketing" | "utility" | "all"; state: "granted" | "withdrawn"; source?: "person" | "api" | "form" | "import"; evidence?: string; at?: string }; output: { contact_id: string; opted_in: boolean | null; current: Array<{ platform: "whatsapp" | "sms" | "voice"; topic: "marketing" | "utility"; state: "granted" | "withdrawn" | "unknown"; source: "keyword" | "provider" | "person" | "api" | "form" | "import" | "merge" | null; at: string | null }>; records: Array<{ platform: "whatsapp" | "sms" | "voice" | "all"; topic: "marketing" | "utility" | "all"; state: "granted" | "withdrawn" | "restored" | "unknown"; source: "keyword" | "provider" | "person" | "api" | "form" | "import" | "merge"; evidence: string | null; message_id: string | null; recorded_by: string | null; at: string; created_at: string }> } };
  "get-consent": { input: { contact_id: string }; output: { contact_id: string; opted_in: boolean | null; current: Array<{ platform: "whatsapp" | "sms" | "voice"; topic: "marketing" | "utility"; state: "granted" | "withdrawn" | "unknown"; source: "keyword" | "provider" | "person" | "api" | "form" | "import" | "merge" | null; at: string | null }>; records: Array<{ platform: "whatsapp" | "sms" | "voice" | "all"; topic: "marketing" | "utility" | "all"; state: "granted" | "withdrawn" | "restored" | "unknown"; source: "keyword" | "provider" | "person" | "api" | "form" | "import" | "merge"; evidence: string | null; message_id: string | null; recorded_by: string | null; at: string; created_at: string }> } };
  "place-call": { input: { contact_id: string; channel_id?: string; purpose: string; topic?: "marketing" | "utility"; wait_seconds?: number; idempotency_key?: string }; output: { call_id: string; conversation_id: string | null; contact_id: string | null; channel_id: string; direction: "inbound" | "outbound"; state: "queued" | "dialing" | "ringing" | "answered" | "talking" | "completed" | "missed" | "refused" | "failed" | "expired" | "unknown_end"; reason: string | null; from: string | null; to: string | null; topic: "marketing" | "utility"; purpose: string | null; ringing_at: string | null; answered_at: string | null; ended_at: string | null; end_cause: string | null; handed_over_at: string | null; summary: string | null; recorded: boolean; transcribed: boolean; billed_seconds: number | null; cost_micro_usd: number | null; expires_at: string | null; created_at: string } };
  "get-call": { input: { call_id: string }; output: { call_id: string; conversation_id: string | null; contact_id: string | null; channel_id: string; direction: "inbound" | "outbound"; state: "queued" | "dialing" | "ringing" | "answered" | "talking" | "completed" | "missed" | "refused" | "failed" | "expired" | "unknown_end"; reason: string | null; from: string | null; to: string | null; topic: "marketing" | "utility"; purpose: string | null; ringing_at: string | null; answered_at: string | null; ended_at: string | null; end_cause: string | null; handed_over_at: string | null; summary: string | null; recorded: boolean; transcribed: boolean; billed_seconds: number | null; cost_micro_usd: number | null; expires_at: string | null; created_at: string; recording_url: string | null } };
  "create-campaign": { input: { business_id: string; channel_id: string; name: string; template_id?: string; components?: Array<Record<string, unknown>>; text?: string; arms?: Array<{ name: string; weight?: number; components?: Array<Record<string, unknown>>; text?: string }>; audience: { everybody?: true; tags?: Array<string>; match?: "any" | "all"; contact_ids?: Array<string>; exclude_tags?: Array<string> }; category?: "MARKETING" | "UTILITY" | "AUTHENTICATION"; max_per_second?: number; expires_at?: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "estimate-campaign": { input: { campaign_id: string }; output: { campaign_id: string; recipients: number; excluded: number; excluded_by_reason: Record<string, number>; cost_usd: number | null; cost_by_country: Array<{ calling_code: string; recipients: number; price_usd: number | null }>; messages_per_second: number; duration_seconds: number; hindrance: string | null } };
  "preview-audience": { input: { channel_id: string; audience: { everybody?: true; tags?: Array<string>; match?: "any" | "all"; contact_ids?: Array<string>; exclude_tags?: Array<string> }; category?: "MARKETING" | "UTILITY" | "AUTHENTICATION" }; output: { channel_id: string; recipients: number; excluded: number; excluded_by_reason: Record<string, number>; examples: Array<{ contact_id: string; name: string | null; reason: string }> } };
  "schedule-campaign": { input: { campaign_id: string; scheduled_at: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "start-campaign": { input: { campaign_id: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "pause-campaign": { input: { campaign_id: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "resume-campaign": { input: { campaign_id: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "cancel-campaign": { input: { campaign_id: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "retry-campaign": { input: { campaign_id: string; reasons?: Array<string>; name?: string }; output: { campaign_id: string; business_id: string; channel_id: string; template_id: string | null; name: string; status: "DRAFT" | "SCHEDULED" | "RUNNING" | "PAUSED" | "COMPLETED" | "CANCELLED"; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; scheduled_at: string | null; launched_at: string | null; expires_at: string | null; ended_at: string | null; paused_reason: string | null; retry_of: string | null; progress: { done: number; rate_per_second: number; expected_end_at: string | null }; recipients: { total: number; pending: number; sending: number; held: number; sent: number; delivered: number; read: number; unknown: number; failed: number; skipped: number; cancelled: number; expired: number } } };
  "sync-templates": { input: { channel_id: string }; output: { channel_id: string; templates: number; deleted: number; unreadable: number } };
  "create-template": { input: { channel_id: string; name: string; language: string; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; parameter_format?: "POSITIONAL" | "NAMED"; components: Array<Record<string, unknown>> }; output: { template_id: string; business_id: string; waba_id: string; provider_template_id: string | null; name: string; language: string; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; status: string; status_reason: string | null; quality: "GREEN" | "YELLOW" | "RED" | "UNKNOWN" | null; parameter_format: "POSITIONAL" | "NAMED"; components: Array<Record<string, unknown>> } };
  "edit-template": { input: { template_id: string; category?: "MARKETING" | "UTILITY" | "AUTHENTICATION"; components?: Array<Record<string, unknown>> }; output: { template_id: string; business_id: string; waba_id: string; provider_template_id: string | null; name: string; language: string; category: "MARKETING" | "UTILITY" | "AUTHENTICATION"; status: string; status_reason: string | null; quality: "GREEN" | "YELLOW" | "RED" | "UNKNOWN" | null; parameter_format: "POSITIONAL" | "NAMED"; components: Array<Record<string, unknown>> } };
  "delete-template": { input: { channel_id: string; name: string; languages?: Array<string> }; output: { name: string; deleted: Array<string>; failed: Array<{ language: string; reason: string }> } };
  "list-alerts": { input: { business_id?: string; kind?: "overdue_turns" | "stuck_sends" | "dead_token" | "number_stopped" | "silent_number" | "quarantine" | "unclaimed_handoff" | "model_retiring" | "campaign_stopped" | "campaign_stalled" | "campaign_overdue"; resolved?: boolean; limit?: number; after?: string }; output: { alerts: Array<{ alert_id: string; business_id: string | null; kind: "overdue_turns" | "stuck_sends" | "dead_token" | "number_stopped" | "silent_number" | "quarantine" | "unclaimed_handoff" | "model_retiring" | "campaign_stopped" | "campaign_stalled" | "campaign_overdue"; subject: string; count: number; details: Record<string, unknown>; first_seen: string; last_seen: string; resolved_at: string | null; resolved_by_name: string | null }>; next: string | null } };
  "resolve-alert": { input: { alert_id: string }; output: { alert_id: string; business_id: string | null; kind: "overdue_turns" | "stuck_sends" | "dead_token" | "number_stopped" | "silent_number" | "quarantine" | "unclaimed_handoff" | "model_retiring" | "campaign_stopped" | "campaign_stalled" | "campaign_overdue"; subject: string; count: number; details: Record<string, unknown>; first_seen: string; last_seen: string; resolved_at: string | null; resolved_by_name: string | null } };
  "create-organization": { input: { name: string; business_name?: string }; output: { org_id: string; business_id: string; team_member_id: string } };
  "create-business": { input: { org_id: string; name: string }; output: { org_id: string; business_id: string } };
  "invite-member": { input: { org_id: string; email: string; role?: "admin" | "agent" | null; assignments?: Array<{ business_id: string; role?: "admin" | "agent" | "client_admin" | "client_viewer" }> }; output: { invitation_id: string; org_id: string; email: string; role: "admin" | "agent" | null; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }>; expires_at: string; state: "open" | "accepted" | "revoked" | "expired"; token: string } };
  "revoke-invitation": { input: { invitation_id: string }; output: { invitation_id: string; org_id: string; email: string; role: "admin" | "agent" | null; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }>; expires_at: string; state: "open" | "accepted" | "revoked" | "expired" } };
  "accept-invitation": { input: { token: string; name?: string }; output: { team_member_id: string; org_id: string; user_id: string; name: string; email: string; org_role: "owner" | "admin" | "agent" | null; active: boolean; removed: boolean; permissions: Record<string, unknown>; onboarding_completed: boolean; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }> } };
  "update-member": { input: { team_member_id: string; org_role?: "owner" | "admin" | "agent" | null; active?: boolean; permissions?: Record<string, unknown> }; output: { team_member_id: string; org_id: string; user_id: string; name: string; email: string; org_role: "owner" | "admin" | "agent" | null; active: boolean; removed: boolean; permissions: Record<string, unknown>; onboarding_completed: boolean; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }> } };
  "remove-member": { input: { team_member_id: string }; output: { team_member_id: string; org_id: string; user_id: string; name: string; email: string; org_role: "owner" | "admin" | "agent" | null; active: boolean; removed: boolean; permissions: Record<string, unknown>; onboarding_completed: boolean; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }> } };
  "assign-member": { input: { team_member_id: string; business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" | null }; output: { team_member_id: string; org_id: string; user_id: string; name: string; email: string; org_role: "owner" | "admin" | "agent" | null; active: boolean; removed: boolean; permissions: Record<string, unknown>; onboarding_completed: boolean; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }> } };
  "update-profile": { input: { org_id: string; name?: string; avatar_url?: string; settings?: Record<string, unknown>; onboarding_completed?: boolean }; output: { team_member_id: string; org_id: string; user_id: string; name: string; email: string; org_role: "owner" | "admin" | "agent" | null; active: boolean; removed: boolean; permissions: Record<string, unknown>; onboarding_completed: boolean; assignments: Array<{ business_id: string; role: "admin" | "agent" | "client_admin" | "client_viewer" }> } };
  "create-api-key": { input: { org_id: string; business_id?: string; label?: string; scopes?: Array<"read" | "write" | "admin"> }; output: { api_key_id: string; org_id: string; business_id: string | null; label: string; key_prefix: string; scopes: Array<string>; last_used_at: string | null; revoked_at: string | null; created_at: string; api_key: string } };
  "revoke-api-key": { input: { api_key_id: string }; output: { api_key_id: string; org_id: string; business_id: string | null; label: string; key_prefix: string; scopes: Array<string>; last_used_at: string | null; revoked_at: string | null; created_at: string } };
  "list-sessions": { input: Record<string, never>; output: { sessions: Array<{ session_id: string; created_at: string; refreshed_at: string | null; user_agent: string | null; ip: string | null; current: boolean | null }> } };
  "revoke-session": { input: { session_id: string }; output: { session_id: string; revoked: true } };
  "set-plan": { input: { org_id: string; plan: "free" | "growth" | "pro" | "enterprise"; monthly_message_limit?: number }; output: { org_id: string; plan: string; monthly_message_limit: number } };
  "rotate-encryption-key": { input: Record<string, never>; output: { master_key_ids: Array<string>; data_keys: Array<{ version: number; created_at: string; master_key_id: string; sealed_values: number }>; sealed_by_master_keys: Array<{ master_key_id: string; sealed_values: number }> } };
  "list-encryption-keys": { input: Record<string, never>; output: { master_key_ids: Array<string>; data_keys: Array<{ version: number; created_at: string; master_key_id: string; sealed_values: number }>; sealed_by_master_keys: Array<{ master_key_id: string; sealed_values: number }> } };
  "save-ultravox-integration": { input: { org_id: string; api_key: string }; output: { org_id: string; ultravox: { connected: boolean; key_added_at: string | null; key_validated_at: string | null }; telnyx: { connected: boolean; key_added_at: string | null; key_validated_at: string | null; application_id: string | null; outbound_profile_id: string | null; steps: Array<{ step: string; state: "done" | "under_way" | "failed"; resource_id: string | null; error: string | null; at: string }> }; twilio: Array<{ business_id: string; account_sid: string; connected: boolean; webhook_type: string }>; telephony_configured: boolean } };
  "store-telnyx-credentials": { input: { org_id: string; api_key: string; public_key?: string }; output: { org_id: string; ultravox: { connected: boolean; key_added_at: string | null; key_validated_at: string | null }; telnyx: { connected: boolean; key_added_at: string | null; key_validated_at: string | null; application_id: string | null; outbound_profile_id: string | null; steps: Array<{ step: string; state: "done" | "under_way" | "failed"; resource_id: string | null; error: string | null; at: string }> }; twilio: Array<{ business_id: string; account_sid: string; connected: boolean; webhook_type: string }>; telephony_configured: boolean } };
  "connect-twilio": { input: { org_id: string; business_id: string; account_sid: string; auth_token: string; webhook_type?: "global" | "per-number"; numbers?: Array<string> }; output: { business_id: string; account_sid: string; webhook_type: "global" | "per-number"; numbers: Array<{ channel_id: string; phone_number: string; webhook_error: string | null }> } };
  "provision-telephony": { input: { org_id: string; business_id: string; numbers?: Array<string>; order?: { country: string; area_code?: string; count: number }; countries?: Array<string> }; output: { org_id: string; ultravox: { connected: boolean; key_added_at: string | null; key_validated_at: string | null }; telnyx: { connected: boolean; key_added_at: string | null; key_validated_at: string | null; application_id: string | null; outbound_profile_id: string | null; steps: Array<{ step: string; state: "done" | "under_way" | "failed"; resource_id: string | null; error: string | null; at: string }> }; twilio: Array<{ business_id: string; account_sid: string; connected: boolean; webhook_type: string }>; telephony_configured: boolean } };
  "rotate-webhook-secret": { input: { org_id: string; overlap_hours?: number }; output: { org_id: string; former_valid_until: string } };
  "get-integration-status": { input: { org_id: string }; output: { org_id: string; ultravox: { connected: boolean; key_added_at: string | null; key_validated_at: string | null }; telnyx: { connected: boolean; key_added_at: string | null; key_validated_at: string | null; application_id: string | null; outbound_profile_id: string | null; steps: Array<{ step: string; state: "done" | "under_way" | "failed"; resource_id: string | null; error: string | null; at: string }> }; twilio: Array<{ business_id: string; account_sid: string; connected: boolean; webhook_type: string }>; telephony_configured: boolean } };
  "remove-integration": { input: { org_id: string; provider: "ultravox" | "telnyx" | "twilio"; business_id?: string }; output: { org_id: string; ultravox: { connected: boolean; key_added_at: string | null; key_validated_at: string | null }; telnyx: { connected: boolean; key_added_at: string | null; key_validated_at: string | null; application_id: string | null; outbound_profile_id: string | null; steps: Array<{ step: string; state: "done" | "under_way" | "failed"; resource_id: string | null; error: string | null; at: string }> }; twilio: Array<{ business_id: string; account_sid: string; connected: boolean; webhook_type: string }>; telephony_configured: boolean } };
}
