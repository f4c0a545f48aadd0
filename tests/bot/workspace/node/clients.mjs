// Slack's own Node SDKs, unmodified. Each part prints one JSON line a step, which the Python test
// that started it reads; `node clients.mjs PART` with the workspace's addresses in WORKSPACE.
import bolt from '@slack/bolt';
import { SocketModeClient } from '@slack/socket-mode';
import { WebClient } from '@slack/web-api';

const at = JSON.parse(process.env.WORKSPACE);
const say = (line) => console.log(JSON.stringify(line));
const quiet = 'error';
const clientOptions = { slackApiUrl: at.api_url, retryConfig: { retries: 0 } };

const parts = {
  async web() {
    const client = new WebClient(at.bot_token, { ...clientOptions, logLevel: quiet });
    say({ bot: (await client.auth.test()).user_id });
    const posted = await client.chat.postMessage({
      channel: at.channel,
      text: 'from node',
      metadata: { event_type: 'answer', event_payload: { key: 'k' } },
    });
    const replies = await client.conversations.replies({
      channel: at.channel,
      ts: posted.ts,
      include_all_metadata: true,
    });
    say({ metadata: replies.messages[0].metadata });
    const stream = client.chatStream({
      channel: at.channel,
      thread_ts: posted.ts,
      recipient_user_id: at.user,
      recipient_team_id: at.team,
      buffer_size: 2,
    });
    await stream.append({ markdown_text: 'streamed ' });
    await stream.append({ markdown_text: 'text' });
    await stream.stop();
    await client.filesUploadV2({
      channel_id: at.channel,
      filename: 'a.txt',
      content: 'from node',
      initial_comment: 'a file',
    });
    try {
      await client.chat.postMessage({ channel: 'C0NOTTHERE', text: 'x' });
    } catch (error) {
      say({ error: error.data.error });
    }
    const names = [];
    for await (const page of client.paginate('users.list', { limit: 1 })) {
      names.push(...page.members.map((member) => member.name));
    }
    say({ names });
  },

  async socket() {
    const client = new SocketModeClient({ appToken: at.app_token, clientOptions, logLevel: quiet });
    let heard = 0;
    client.on('message', async ({ event, ack, retry_num }) => {
      heard += 1;
      await ack();
      say({ text: event.text, retry: retry_num });
      if (heard === 2) {
        await client.disconnect();
        say({ done: true });
        process.exit(0);
      }
    });
    await client.start();
    say({ ready: true });
  },

  async bolt() {
    const app = new bolt.App({
      token: at.bot_token,
      appToken: at.app_token,
      socketMode: true,
      clientOptions,
      logLevel: quiet,
    });
    await answers(app);
    await app.start();
    say({ ready: true });
  },

  async http() {
    const app = new bolt.App({
      token: at.bot_token,
      signingSecret: at.signing_secret,
      clientOptions,
      logLevel: quiet,
    });
    await answers(app);
    const server = await app.start({ port: 0, host: '127.0.0.1' });
    say({ ready: true, port: server.address().port });
  },
};

async function answers(app) {
  app.event('app_mention', async ({ event, say: reply }) => {
    await reply({ text: 'node answers', thread_ts: event.ts });
  });
  app.command('/deskhand', async ({ ack, command }) => ack(`typed ${command.text}`));
  app.shortcut('ask', async ({ ack, shortcut, client }) => {
    await ack();
    await client.views.open({
      trigger_id: shortcut.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'edit',
        title: { type: 'plain_text', text: 'Edit' },
        submit: { type: 'plain_text', text: 'Save' },
        blocks: [
          {
            type: 'input',
            block_id: 'answer',
            label: { type: 'plain_text', text: 'Answer' },
            element: { type: 'plain_text_input', action_id: 'text' },
          },
        ],
      },
    });
  });
  app.view('edit', async ({ ack }) =>
    ack({ response_action: 'errors', errors: { answer: 'node says no' } }));
}

await parts[process.argv[2]]();
