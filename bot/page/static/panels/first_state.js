// What an input holds before anybody touched it, as Slack's `view.state.values` words it.

const FIRST = {
  static_select: (e) => ({ selected_option: e.initial_option ?? null }),
  external_select: (e) => ({ selected_option: e.initial_option ?? null }),
  radio_buttons: (e) => ({ selected_option: e.initial_option ?? null }),
  multi_static_select: (e) => ({ selected_options: e.initial_options ?? [] }),
  multi_external_select: (e) => ({ selected_options: e.initial_options ?? [] }),
  checkboxes: (e) => ({ selected_options: e.initial_options ?? [] }),
  users_select: (e) => ({ selected_user: e.initial_user ?? null }),
  channels_select: (e) => ({ selected_channel: e.initial_channel ?? null }),
  conversations_select: (e) => ({ selected_conversation: e.initial_conversation ?? null }),
  multi_users_select: (e) => ({ selected_users: e.initial_users ?? [] }),
  multi_channels_select: (e) => ({ selected_channels: e.initial_channels ?? [] }),
  multi_conversations_select: (e) => ({ selected_conversations: e.initial_conversations ?? [] }),
  rich_text_input: (e) => ({ rich_text_value: e.initial_value ?? null }),
  file_input: () => ({ files: [] }),
  datepicker: (e) => ({ selected_date: e.initial_date ?? null }),
  timepicker: (e) => ({ selected_time: e.initial_time ?? null }),
  datetimepicker: (e) => ({ selected_date_time: e.initial_date_time ?? null }),
};

export const firstState = (element) =>
  FIRST[element.type]?.(element) ?? { value: element.initial_value ?? null };
